"""A site with the example's route; argv: the folder of the examples. Out: JSON with what a visitor is answered
before and after signing in."""

import json
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import path

sys.path.insert(0, sys.argv[1])
sys.modules["the_site"] = sys.modules["__main__"]
settings.configure(
    SECRET_KEY="a secret of the site",
    ALLOWED_HOSTS=["testserver"],
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF="the_site",
    USE_TZ=True,
    MAYFLY_SECRET=os.environ["MAYFLY_SECRET"],
    MAYFLY_HOST="example.com",
)
django.setup()

import django_views  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402

urlpatterns = [path("credentials", django_views.credentials)]

call_command("migrate", verbosity=0)
visitor = Client()
before = visitor.get("/credentials").status_code
visitor.force_login(User.objects.create_user("Alice@example.org"))
answer = visitor.get("/credentials")
print(
    json.dumps(
        {
            "before": before,
            "after": answer.status_code,
            "cached": answer["Cache-Control"],
            "minted": answer.json(),
        }
    )
)

# views.py; in urls.py: path("credentials", views.credentials). mint.py stands beside it.
import time

from django.conf import settings
from django.http import JsonResponse
from django.views.decorators.cache import never_cache

from mint import mint

@never_cache
def credentials(request):
    if not request.user.is_authenticated:
        return JsonResponse({"error": "sign in first"}, status=401)
    localpart = f"user-{request.user.pk}"
    return JsonResponse(mint(settings.MAYFLY_SECRET, localpart, settings.MAYFLY_HOST, 600, int(time.time())))

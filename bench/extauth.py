#!/usr/bin/env python3
# What an admin would write: checks a password <expiry>:<mac> of auth requests, and nothing else. With
# MAYFLY_LOG it writes a line for each decision to that file, with the fields of Mayfly's.
import base64
import hmac
import json
import os
import struct
import sys
import time

SECRET = os.environb[b"MAYFLY_SECRET"]
LOG = os.environ.get("MAYFLY_LOG")
log = LOG and os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
pid = os.getpid()


def is_good(op, user, host, password):
    if op != b"auth":
        return False
    expiry, _, mac = password.partition(b":")
    if not expiry.isdigit() or int(expiry) < time.time():
        return False
    signed = expiry + b":" + user + b"@" + host
    expected = base64.b64encode(hmac.digest(SECRET, signed, "sha1"))
    return hmac.compare_digest(mac, expected)


def answer(request):
    op, _, rest = request.partition(b":")
    user, _, rest = rest.partition(b":")
    host, _, password = rest.partition(b":")
    if log is None:
        return is_good(op, user, host, password)
    started = time.perf_counter()
    ok = is_good(op, user, host, password)
    line = {
        "level": "info",
        "time": int(time.time() * 1000),
        "pid": pid,
        "op": op.decode(),
        "user": user.decode(),
        "host": host.decode(),
        "ok": ok,
        "key": "mojoauth",
        "format": "mojoauth",
        "ms": round((time.perf_counter() - started) * 1000, 3),
        "msg": "accepted" if ok else "refused",
    }
    os.write(log, (json.dumps(line) + "\n").encode())
    return ok


while True:
    header = sys.stdin.buffer.read(2)
    if len(header) < 2:
        break
    (length,) = struct.unpack(">H", header)
    ok = answer(sys.stdin.buffer.read(length))
    sys.stdout.buffer.write(struct.pack(">HH", 2, ok))
    sys.stdout.buffer.flush()

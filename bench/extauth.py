#!/usr/bin/env python3
# What an admin would write: checks a password <expiry>:<mac> of auth requests, and nothing else.
import base64
import hmac
import os
import struct
import sys
import time

SECRET = os.environb[b"MAYFLY_SECRET"]


def is_good(request):
    op, _, rest = request.partition(b":")
    user, _, rest = rest.partition(b":")
    host, _, password = rest.partition(b":")
    if op != b"auth":
        return False
    expiry, _, mac = password.partition(b":")
    if not expiry.isdigit() or int(expiry) < time.time():
        return False
    signed = expiry + b":" + user + b"@" + host
    expected = base64.b64encode(hmac.digest(SECRET, signed, "sha1"))
    return hmac.compare_digest(mac, expected)


while True:
    header = sys.stdin.buffer.read(2)
    if len(header) < 2:
        break
    (length,) = struct.unpack(">H", header)
    answer = is_good(sys.stdin.buffer.read(length))
    sys.stdout.buffer.write(struct.pack(">HH", 2, answer))
    sys.stdout.buffer.flush()

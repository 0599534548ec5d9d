import base64, hmac, unicodedata

def mint(secret: str, localpart: str, host: str, ttl: int, now: int) -> dict:
    prepared = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", localpart).casefold())
    if not localpart or localpart != prepared or any(
        c in "\"&'/:<>@\\" or unicodedata.category(c) == "So" or unicodedata.category(c)[0] in "CZ" for c in localpart
    ):
        raise ValueError("not a localpart as servers compare them: lower case, no spaces, none of \\\"&'/:<>@")
    jid, expires = f"{localpart}@{host}", now + ttl
    username = f"{expires}:{jid}"
    mac = base64.b64encode(hmac.digest(secret.encode(), username.encode(), "sha1")).decode()
    sip_and_turn = {"username": username, "password": mac}
    xmpp = {"jid": jid, "username": localpart, "password": f"{expires}:{mac}"}
    return {**xmpp, "ttl": ttl, "expires": expires, "sip": sip_and_turn, "turn": sip_and_turn}

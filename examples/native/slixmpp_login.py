import asyncio
import os

from slixmpp import ClientXMPP

async def log_in(jid: str, password: str) -> str:
    # Without sasl_mech it would choose SCRAM where a server offers it, and for that there is no password.
    xmpp = ClientXMPP(jid, password, sasl_mech="PLAIN")
    xmpp.ca_certs = "/etc/ssl/certs/ca-certificates.crt"  # without them it trusts any certificate
    ended = asyncio.get_running_loop().create_future()
    xmpp.add_event_handler("session_start", lambda _: ended.set_result(xmpp.boundjid.bare))
    xmpp.add_event_handler("failed_auth", lambda failure: ended.done() or ended.set_result(failure["condition"]))
    xmpp.connect(("chat.example.com", 5222))
    return await asyncio.wait_for(ended, 20)

print(asyncio.get_event_loop().run_until_complete(log_in(os.environ["XMPP_JID"], os.environ["XMPP_PASSWORD"])))

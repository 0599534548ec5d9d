import asyncio
import os

import aiosasl
import aioxmpp
from aioxmpp.connector import STARTTLSConnector

async def log_in(jid: str, password: str) -> str:
    client = aioxmpp.PresenceManagedClient(
        aioxmpp.JID.fromstr(jid),
        aioxmpp.make_security_layer(password),
        override_peer=[("chat.example.com", 5222, STARTTLSConnector())],
    )
    try:
        async with client.connected() as stream:
            return str(stream.local_jid.bare())
    except aiosasl.AuthenticationFailure as failure:
        return f"refused: {failure}"

print(asyncio.get_event_loop().run_until_complete(log_in(os.environ["XMPP_JID"], os.environ["XMPP_PASSWORD"])))

"""Logs in with slixmpp and leaves. In: JSON with host, port, ca, jid, username, password, mechanism and
the newest version of TLS. Out: the bare JID that was bound, or the condition of the refusal."""

import asyncio
import json
import logging
import ssl
import sys

from slixmpp import ClientXMPP

login = json.load(sys.stdin)
logging.disable(logging.CRITICAL)


async def main():
    xmpp = ClientXMPP(login["jid"], login["password"], sasl_mech=login["mechanism"])
    xmpp.credentials["username"] = login["username"]
    xmpp.default_port, xmpp.use_ipv6 = login["port"], False
    xmpp.ca_certs = login["ca"]
    xmpp.ssl_context.maximum_version = ssl.TLSVersion[login["tls"]]
    ended = asyncio.get_running_loop().create_future()

    def end(outcome):
        if not ended.done():
            ended.set_result(outcome)

    xmpp.add_event_handler("session_bind", lambda jid: end(jid.bare))
    xmpp.add_event_handler("failed_auth", lambda failure: end(failure["condition"]))
    xmpp.add_event_handler("no_auth", lambda _: end("no mechanism"))
    xmpp.add_event_handler("connection_failed", lambda why: end(f"no connection: {why}"))
    xmpp.connect((login["host"], login["port"]))
    print(await asyncio.wait_for(ended, 20))
    xmpp.abort()


asyncio.get_event_loop().run_until_complete(main())

-- Prosody 0.12 or 13 that logs people in with Mayfly's credentials. The README beside it says why each
-- line of the login is here. The end-to-end tests load this very file.

plugin_paths = { "/usr/local/lib/prosody/modules" } -- where the folder mod_auth_mayfly is
modules_enabled = { "saslauth", "tls", "disco", "roster", "ping", "smacks", "websocket", "bosh" }
modules_disabled = { "s2s" } -- no other server is spoken to

authentication = "mayfly"
mayfly_socket = "/run/mayfly/extauth.sock"

-- A credential is sent as it is: never without TLS.
c2s_require_encryption = true
insecure_sasl_mechanisms = { "PLAIN", "LOGIN", "X-OAUTH2", "OAUTHBEARER" }

-- Room for a JWT before the login, and a limit after it.
c2s_unauthed_stanza_size_limit = 65536
c2s_stanza_size_limit = 262144

c2s_ports = { 5222 }
c2s_direct_tls_ports = { 5223 }
http_ports = {} -- WebSocket and BOSH over TLS alone: wss://example.com:5281/xmpp-websocket
https_ports = { 5281 }
certificates = "/etc/prosody/certs"

pidfile = "/run/prosody/prosody.pid"
log = { info = "/var/log/prosody/prosody.log" }

VirtualHost "example.com"

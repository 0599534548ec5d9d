plugin_paths = { "/usr/local/lib/prosody/modules" }
data_path = "/var/lib/prosody-here"
log = { info = "*console" }
modules_enabled = { "saslauth", "tls", "disco", "roster", "ping", "smacks", "websocket" }
modules_disabled = { "s2s" }
authentication = "mayfly"
mayfly_socket = "/run/mayfly/extauth.sock"
c2s_require_encryption = true
insecure_sasl_mechanisms = { "PLAIN", "LOGIN", "X-OAUTH2", "OAUTHBEARER" }
c2s_unauthed_stanza_size_limit = 65536
c2s_stanza_size_limit = 262144

VirtualHost "example.com"

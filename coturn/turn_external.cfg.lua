-- For prosody.cfg.lua, below the line of the VirtualHost: hands out TURN credentials of the same key to
-- those who have logged in (XEP-0215). README.md beside this file explains it; the end-to-end tests load
-- this very file.

modules_enabled = { "turn_external", "external_services" }

turn_external_secret = "the secret of a key in mayfly.yml"
turn_external_host = "turn.example.org"
turn_external_port = 3478
turn_external_tcp = true
turn_external_ttl = 3600

external_services = {
	{
		type = "turns", transport = "tcp", host = "turn.example.org", port = 5349,
		secret = "the secret of a key in mayfly.yml", algorithm = "turn", ttl = 3600,
	},
}

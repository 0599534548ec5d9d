-- For prosody.cfg.lua, below the line of the VirtualHost: hands out TURN credentials of the same key to
-- those who have logged in (XEP-0215), each with the user in its username. README.md beside this file explains
-- it; the end-to-end tests load this very file.

modules_enabled = { "mayfly_turn" }

mayfly_turn_secret_file = "/etc/mayfly/2026-11.key"
mayfly_turn_ttl = 3600
mayfly_turn_uris = {
	"turn:turn.example.org:3478?transport=udp",
	"turn:turn.example.org:3478?transport=tcp",
	"turns:turn.example.org:5349?transport=tcp",
}

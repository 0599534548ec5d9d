-- Hands out TURN credentials to those who have logged in (XEP-0215), with the user under the MAC:
--   mayfly_turn_secret_file = "/etc/mayfly/2026-11.key"
--   mayfly_turn_ttl = 3600
--   mayfly_turn_uris = { "turn:turn.example.com:3478?transport=udp", "turns:turn.example.com:5349?transport=tcp" }
-- Clients get the URIs (RFC 7065) in this order. Prosody's own mod_turn_external signs an expiry alone.
local base64 = require "util.encodings".base64;
local hmac_sha1 = require "util.hashes".hmac_sha1;
local jid = require "util.jid";

local file = module:get_option_string("mayfly_turn_secret_file");
local ttl = module:get_option_number("mayfly_turn_ttl", 3600);

local function read_secret()
	if not file then error("mayfly_turn_secret_file is missing: name the file of a key with the algorithm sha1"); end
	local handle = assert(io.open(file, "rb"));
	local secret = handle:read("*a"):gsub("\r?\n$", "");
	handle:close();
	if #secret < 16 then error(file .. ": a secret has at least 16 bytes"); end
	return secret;
end

local secret = read_secret();

local function parse_uri(uri)
	local kind, rest = uri:match("^(turns?):([^?]+)");
	local transport = uri:match("%?transport=(%a+)$") or (kind == "turns" and "tcp" or "udp");
	local host, port = (rest or ""):match("^%[?([^%]]-)%]?:(%d+)$");
	host = host or (rest or ""):match("^%[?([^%]]+)%]?$");
	if not kind or not host then
		error("mayfly_turn_uris: " .. uri .. " is no URI such as turn:turn.example.com:3478?transport=udp");
	end
	return {
		type = kind, transport = transport, host = host,
		port = tonumber(port) or (kind == "turns" and 5349 or 3478),
		restricted = true;
	};
end

module:depends "external_services";
for _, uri in ipairs(module:get_option_array("mayfly_turn_uris", {})) do
	module:add_item("external_service", parse_uri(uri));
end

--- The id is not the bare JID itself: with that, what opens TURN would open XMPP as well, and a user who
--- has logged in once could log in for ever. coturn takes no backslash of an escaped localpart.
local function id_of(stanza)
	return jid.bare(stanza.attr.from):gsub("\\", "/") .. "/turn";
end

local function sign(event)
	local expires = os.time() + ttl;
	local username = ("%d:%s"):format(expires, id_of(event.stanza));
	for _, service in ipairs(event.services) do
		local is_ours = service.restricted and not service.username and not service.password;
		if is_ours and (service.type == "turn" or service.type == "turns") then
			service.username = username;
			service.password = base64.encode(hmac_sha1(secret, username));
			service.expires = expires;
		end
	end
end

module:hook("external_service/services", sign);
module:hook("external_service/credentials", sign);

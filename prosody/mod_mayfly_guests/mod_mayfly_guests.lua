-- Lets guests, whose localparts begin with "guest-", reach only what the admin names:
--   mayfly_guests_reach = { "lobby@conference.example.com", "upload.example.com" }
-- A bare JID is that JID; a domain is all of its JIDs.
local jid = require "util.jid";
local st = require "util.stanza";

local reach = {};
for address in module:get_option_set("mayfly_guests_reach", {}) do
	local named = jid.prep(address);
	if not named then
		error("mayfly_guests_reach: " .. address .. " is not an address");
	end
	reach[named] = true;
end

local function may_reach(origin, to)
	local user, host = jid.split(to);
	-- A guest reaches itself, and the server that it is on; those are not other users.
	if host == module.host and (user == nil or user == origin.username) then return true; end
	return reach[host] or (user ~= nil and reach[user .. "@" .. host]) or false;
end

local function check(event)
	local origin, stanza = event.origin, event.stanza;
	if origin.type ~= "c2s" or (origin.username or ""):sub(1, 6) ~= "guest-" then return; end
	local to = stanza.attr.to;
	if not to or may_reach(origin, to) then return; end
	local kind = stanza.attr.type;
	if kind ~= "error" and kind ~= "result" then
		origin.send(st.error_reply(stanza, "auth", "forbidden", "Guests do not reach this address"));
	end
	return true;
end

for _, name in ipairs { "iq"; "message"; "presence" } do
	for _, kind in ipairs { "bare"; "full"; "host" } do
		module:hook("pre-" .. name .. "/" .. kind, check, 1000);
	end
end

-- Ends sessions when the credential that they were opened with expires.

local now = require "socket".gettime;
local st = require "util.stanza";

local xmlns_errors = "urn:ietf:params:xml:ns:xmpp-streams";

--- The stream error, https://www.rfc-editor.org/rfc/rfc6120#section-4.9.3.16
-- It declares its prefix because mod_websocket of Prosody 13 leaves that out.
local function expired()
	return st.stanza("stream:error", { ["xmlns:stream"] = "http://etherx.jabber.org/streams" })
		:tag("reset", { xmlns = xmlns_errors }):up()
		:tag("text", { xmlns = xmlns_errors }):text("The credential of this session has expired."):up();
end

local function disarm(session)
	if session.mayfly_timer then session.mayfly_timer:stop(); end
	session.mayfly_timer = nil;
end

--- A session lives through the leeway too: it may have been opened in it.
local function seconds_left(session)
	local leeway = module:get_option_number("mayfly_leeway", 0) or 0;
	return math.max(0, session.mayfly_expires + math.min(leeway, 60) - now());
end

local function arm(session)
	disarm(session);
	session.mayfly_timer = module:add_timer(seconds_left(session), function ()
		-- A hibernating session (XEP-0198) has no stream to end, and resuming takes a new login.
		if session.hibernating then return; end
		session:close(expired());
	end);
end

module:hook("authentication-success", function (event)
	local session = event.session;
	local facts = session.sasl_handler and session.sasl_handler.mayfly_facts;
	if not facts then return; end
	session.mayfly_expires = facts.expires;
	arm(session);
end);

--- A session that was resumed lives as long as the login of the connection that resumed it.
local function take_over(session, from)
	disarm(from);
	if not from.mayfly_expires then return; end
	session.mayfly_expires = from.mayfly_expires;
	arm(session);
end

module:hook("smacks-hibernation-end", function (event) -- Prosody 0.12
	take_over(event.resumed, event.origin);
end);

module:hook_global("c2s-session-updated", function (event) -- Prosody 13
	if event.session.host == module.host then take_over(event.session, event.from_session); end
end);

module:hook("resource-unbind", function (event)
	disarm(event.session);
end);

-- A login from before SASL (XEP-0078) goes past all of this. mod_legacyauth answers with priority 0.
module:hook("stanza/iq/jabber:iq:auth:query", function (event)
	local session, stanza = event.origin, event.stanza;
	session.log("warn", "Refused a login by legacyauth: its session would not end when its credential expires");
	session.send(st.error_reply(stanza, "cancel", "service-unavailable", "Log in with SASL."));
	return true;
end, 10);

-- A reload ends the timers of before.
for _, user in pairs(prosody.hosts[module.host].sessions or {}) do
	for _, session in pairs(user.sessions) do
		if session.mayfly_expires then arm(session); end
	end
end

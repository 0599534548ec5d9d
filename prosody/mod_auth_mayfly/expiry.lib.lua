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

local function arm(session)
	disarm(session);
	session.mayfly_timer = module:add_timer(math.max(0, session.mayfly_expires - now()), function ()
		-- A hibernating session (XEP-0198) has no stream to end, and resuming takes a new login.
		if session.hibernating then return; end
		session:close(expired());
	end);
end

module:hook("authentication-success", function (event)
	local session = event.session;
	local expires = session.sasl_handler and session.sasl_handler.mayfly_expires;
	if not expires then return; end
	session.mayfly_expires = expires;
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

-- A reload ends the timers of before.
for _, user in pairs(prosody.hosts[module.host].sessions or {}) do
	for _, session in pairs(user.sessions) do
		if session.mayfly_expires then arm(session); end
	end
end

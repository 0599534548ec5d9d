-- Which sessions a revocation ends, and how one is ended.

local destroy_session = require "core.sessionmanager".destroy_session;
local st = require "util.stanza";

local xmlns_errors = "urn:ietf:params:xml:ns:xmpp-streams";

--- Whether an event of the feed ends a session, of whose user or credential it is. The rule for
-- credentials is that of src/verify/revocation.ts: who would be refused now is out.
--
-- Of a session whose credential is not known the time of its login tells. With FAST the token says
-- nothing of the credential that it was given for, and is good until Prosody hears of the
-- revocation: until then it opens sessions that must end.
-- @param login what the session remembers: since, mechanism, and where known expires, issued, credential
local function is_ended_by(event, login)
	if event.type == "credential" then return login.credential ~= nil and login.credential == event.credential; end
	if login.issued then return login.issued <= (event.issued_by or event.at); end
	if login.expires then return login.expires <= (event.expires_by or event.at) or login.since <= event.at; end
	return login.since <= (login.mechanism:find("^HT%-") and event.heard or event.at);
end

--- The stream error, with a condition of our own by which a client tells it from others,
-- https://www.rfc-editor.org/rfc/rfc6120#section-4.9.4
-- It declares its prefix because mod_websocket of Prosody 13 leaves that out.
local function revoked(reason)
	return st.stanza("stream:error", { ["xmlns:stream"] = "http://etherx.jabber.org/streams" })
		:tag("not-authorized", { xmlns = xmlns_errors }):up()
		:tag("text", { xmlns = xmlns_errors }):text(reason or "The credential of this session was revoked."):up()
		:tag("revoked", { xmlns = "urn:mayfly:revoked:0" }):up();
end

--- Ends a session; one that hibernates (XEP-0198) without a word, and it cannot be resumed any more.
local function end_session(session, event)
	if session.destroyed then return; end
	session.log("info", "Ending the session: its credential was revoked");
	session:close(revoked(event.reason));
	-- mod_websocket of Prosody 0.12 leaves one that hibernates as it is.
	if not session.destroyed then destroy_session(session, "revoked"); end
end

return { is_ended_by = is_ended_by; end_session = end_session };

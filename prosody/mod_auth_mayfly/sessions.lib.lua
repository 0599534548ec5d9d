-- The sessions of this host, by user and by credential, and what was revoked lately.
--
-- A login may have been decided before a revocation was noted, and come here after it was heard of. So
-- each session is held against the revocations of the last minutes too.

local revocation = module:require "revocation";

local host = module.host;
local now = os.time;

local keep_seconds = 600; -- longer than a login takes, and than clocks differ

-- Sessions that are bound, by localpart and by the id of their credential; and others that have logged in.
local by_user, by_credential, count = {}, {}, 0;
local unbound = setmetatable({}, { __mode = "k" });
-- Lists of events, by the same keys.
local revoked_users, revoked_credentials = {}, {};

local function add(index, key, value)
	if key == nil then return; end
	index[key] = index[key] or {};
	index[key][value] = true;
end

local function remove(index, key, value)
	if key == nil or not index[key] then return; end
	index[key][value] = nil;
	if next(index[key]) == nil then index[key] = nil; end
end

--- The facts of a session's login: those of its credential where this module has verified it.
local function get_login(session)
	if session.mayfly_login then return session.mayfly_login; end
	local handler = session.sasl_handler or {};
	local login = { since = now(), mechanism = handler.selected or "" };
	for name, value in pairs(handler.mayfly_facts or {}) do login[name] = value; end
	session.mayfly_login = login;
	return login;
end

--- Ends a session at the next turn: what is under way with it comes to its end.
local function end_soon(session, event)
	module:add_timer(0, function () revocation.end_session(session, event); end);
end

--- Ends a session that has been revoked already.
local function check(session)
	local login = get_login(session);
	for _, list in ipairs { revoked_users[session.username] or {}, revoked_credentials[login.credential or ""] or {} } do
		for event in pairs(list) do
			if revocation.is_ended_by(event, login) then return end_soon(session, event); end
		end
	end
end

local function enter(session)
	local login = get_login(session);
	unbound[session] = nil;
	if not (by_user[session.username] or {})[session] then count = count + 1; end
	add(by_user, session.username, session);
	add(by_credential, login.credential, session);
	check(session);
end

local function leave(session)
	local login = session.mayfly_login;
	if not login or not (by_user[session.username] or {})[session] then return; end
	count = count - 1;
	remove(by_user, session.username, session);
	remove(by_credential, login.credential, session);
end

module:hook("authentication-success", function (event)
	local session = event.session;
	if session.destroyed then return; end -- SASL2 has resumed another with it
	get_login(session);
	if session.resource then return; end -- SASL2 has bound it
	unbound[session] = true;
	check(session);
end);

module:hook("resource-bind", function (event) enter(event.session); end);
module:hook("resource-unbind", function (event) leave(event.session); end);

--- A session that is resumed is that of the login of the connection that resumes it, which Prosody 13 empties.
local function take_over(session, from)
	if not from.mayfly_login and not from.sasl_handler then return; end
	leave(session);
	session.mayfly_login = get_login(from);
	unbound[from] = nil;
	enter(session);
end

module:hook("smacks-hibernation-end", function (event) -- Prosody 0.12
	take_over(event.resumed, event.origin);
end, 10);

module:hook_global("c2s-session-updated", function (event) -- Prosody 13
	if event.session.host == host then take_over(event.session, event.from_session); end
end);

--- Forgets events that no login can be in time for any more.
local function purge()
	for _, index in ipairs { revoked_users, revoked_credentials } do
		for key, list in pairs(index) do
			for event in pairs(list) do
				if event.at < now() - keep_seconds then list[event] = nil; end
			end
			if next(list) == nil then index[key] = nil; end
		end
	end
	return 60;
end
module:add_timer(60, purge);

-- Sessions may be older than this module, which may have been loaded anew.
for _, user in pairs((prosody.hosts[host] or {}).sessions or {}) do
	for _, session in pairs(user.sessions) do
		session.mayfly_login = session.mayfly_login
			or { since = math.floor(session.conntime or now()), mechanism = "" };
		enter(session);
	end
end

local sessions = {};

function sessions.count()
	return count;
end

--- The localpart that an event is about; nil where it is of another host.
function sessions.get_user(event)
	local user, domain = (event.jid or ""):match("^([^@]+)@([^@/]+)$");
	return domain == host and user or nil;
end

--- The sessions that an event may be about.
function sessions.find(event)
	local is_one = event.type == "credential";
	local user = sessions.get_user(event);
	local found = {};
	local known = is_one and by_credential[event.credential] or not is_one and by_user[user or ""];
	for session in pairs(known or {}) do table.insert(found, session); end
	for session in pairs(unbound) do
		if session.destroyed then
			unbound[session] = nil;
		elseif is_one and session.mayfly_login.credential == event.credential or not is_one and session.username == user then
			table.insert(found, session);
		end
	end
	return found;
end

--- Ends the sessions that an event revokes: how many.
function sessions.revoke(event)
	local ended = 0;
	for _, session in ipairs(sessions.find(event)) do
		if revocation.is_ended_by(event, get_login(session)) then
			leave(session);
			unbound[session] = nil;
			revocation.end_session(session, event);
			ended = ended + 1;
		end
	end
	if event.at >= now() - keep_seconds then
		if event.type == "credential" then
			add(revoked_credentials, event.credential, event);
		else
			add(revoked_users, sessions.get_user(event), event);
		end
	end
	return ended;
end

local function get_connection(session)
	if session.websocket_request then return "websocket"; end
	if session.bosh_version then return "bosh"; end
	return session.secure and "c2s_tls" or "c2s";
end

--- A session as "mayfly sessions" shows it, without a secret.
function sessions.describe(session)
	local login = get_login(session);
	return {
		jid = session.full_jid or session.username .. "@" .. host;
		since = login.since; expires = login.expires; issued = login.issued; credential = login.credential;
		mechanism = login.mechanism:find("^HT%-") and "FAST" or login.mechanism;
		address = session.ip;
		state = session.hibernating and "hibernating" or "open";
		connection = get_connection(session);
	};
end

return sessions;

-- Logins with short-lived credentials, which "mayfly serve --extauth unix:PATH" verifies.
-- The README beside this folder has every option.

local async = require "util.async";
local new_pool = module:require "pool";
local new_handler = module:require "sasl";

local host = module.host;
local path = module:get_option_string("mayfly_socket", "/run/mayfly/extauth.sock");
local connections = module:get_option_number("mayfly_connections", 4);
local timeout = module:get_option_number("mayfly_timeout", 12);
local is_plaintext_allowed = module:get_option_boolean("allow_unencrypted_plain_auth", false);

if connections < 1 then error("mayfly_connections must be 1 or more", 0); end
if timeout <= 0 then error("mayfly_timeout must be more than 0 seconds", 0); end

local pool = new_pool(path, connections, timeout);

function module.unload() pool.stop(); end
module:hook_global("server-stopping", pool.stop);

local yes = 1;
local conditions = {
	[0] = "not-authorized";
	[2] = "credentials-expired";
	[3] = "account-disabled";
	[4] = "temporary-auth-failure";
};

local function to_log(...) module:log(...); end

--- Asks the program and waits; nil where that cannot be.
local function ask(request)
	if not async.ready() then return nil; end
	local wait, done = async.waiter();
	local code, text;
	pool.ask(request, function (...)
		code, text = ...;
		done();
	end);
	wait();
	if not code then module:log("warn", "The program gave no answer: %s", text); end
	return code, text;
end

--- Whose a secret is, and when it expires; else nil and a SASL condition.
-- @param user the localpart that it must be for, or "" for whoever it names
-- @param log where a refusal is told: Prosody tells of none
local function check(user, secret, log)
	local code, text = ask(("check:%s:%s:%s"):format(user, host, secret));
	if code ~= yes then
		local condition = conditions[code] or "temporary-auth-failure";
		if code then
			local who = user == "" and "with a token" or "as " .. user .. "@" .. host;
			log("info", "Refused a login %s: %s. The program's log says why", who, condition);
		end
		return nil, condition;
	end
	local expires, localpart = text:match("^(%d+):(.+)$");
	if not localpart then
		module:log("error", "The program does not know \"check\": it must be mayfly");
		return nil, "temporary-auth-failure";
	end
	return localpart, tonumber(expires);
end

local function not_supported()
	return nil, "Credentials are minted by the app server, and not kept here";
end

local provider = {
	get_password = not_supported;
	set_password = not_supported;
	create_user = not_supported;
};

function provider.get_sasl_handler(session)
	local is_allowed = session.secure or is_plaintext_allowed;
	if not is_allowed then module:log("debug", "Offering no login: the connection is not encrypted"); end
	local log = session.log or to_log;
	return new_handler(function (user, secret) return check(user, secret, log); end, is_allowed);
end

function provider.test_password(user, secret)
	local localpart, condition = check(user, secret, to_log);
	if localpart ~= user then return nil, condition; end
	return true;
end

--- Where nobody can say, a user exists, so that no message to one is lost.
function provider.user_exists(user)
	return ask(("isuser:%s:%s"):format(user, host)) ~= 0;
end

--- Takes back what the user was given.
function provider.delete_user(user)
	if ask(("removeuser:%s:%s"):format(user, host)) ~= yes then
		module:log("warn", "The credentials of %s stay good until they expire: the program could not take them back", user);
	end
	return true;
end

function provider.users()
	return function () return nil; end
end

module:provides("auth", provider);

if module:get_option_boolean("mayfly_end_session_at_expiry", false) then
	module:require "expiry";
end

-- Has "mayfly serve --extauth unix:PATH" decide, over its socket.

local async = require "util.async";
local encodings = require "util.encodings";
local hashes = require "util.hashes";
local json = require "util.json";
local new_pool = module:require "pool";
local follow = module:require "feed";
local sessions = module:require "sessions";
local fast = module:require "fast";

local host = module.host;
local path = module:get_option_string("mayfly_socket", "/run/mayfly/extauth.sock");
local connections = module:get_option_number("mayfly_connections", 4);
local timeout = module:get_option_number("mayfly_timeout", 12);

if connections < 1 then error("mayfly_connections must be 1 or more", 0); end
if timeout <= 0 then error("mayfly_timeout must be more than 0 seconds", 0); end

local pool = new_pool(path, connections, timeout);
local feed = follow(path, sessions, function (event) fast.note_revocation(event, sessions); end);

local function stop()
	feed.stop();
	pool.stop();
end
module:hook_global("server-stopping", stop);

local yes = 1;
local conditions = {
	[0] = "not-authorized";
	[2] = "credentials-expired";
	[3] = "account-disabled";
	[4] = "temporary-auth-failure";
};

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

--- Asks about a login: the text of the answer; else nil and a SASL condition.
local function ask_about(request, user, log)
	local code, text = ask(request);
	if code == yes then return text; end
	local condition = conditions[code] or "temporary-auth-failure";
	if code then
		local who = user == "" and "with a token" or "as " .. user .. "@" .. host;
		log("info", "Refused a login %s: %s. The program's log says why", who, condition);
	end
	return nil, condition;
end

local function outdated(request)
	module:log("error", "The program does not know \"%s\": it must be mayfly", request);
	return nil, "temporary-auth-failure";
end

local program = { stop = stop; get_account_info = fast.get_account_info };

--- The id of a MAC in the feed, as src/credential/fingerprint.ts makes it; nil for a JWT.
local function get_id(secret)
	local mac = secret:match("^%d+:.*[^:]$") and secret:match("[^:]+$");
	if not mac then return nil; end
	local hash = encodings.base64.encode(hashes.sha256(mac));
	return "mac:" .. hash:gsub("[+/=]", { ["+"] = "-", ["/"] = "_", ["="] = "" });
end

local parsers = {};

function parsers.check(text, secret)
	local expires, localpart = text:match("^(%d+):(.+)$");
	return localpart, { expires = tonumber(expires); credential = get_id(secret) };
end

function parsers.login(text)
	local answer = json.decode(text);
	if type(answer) ~= "table" or type(answer.expires) ~= "number" then return nil; end
	return answer.user, { expires = answer.expires; issued = answer.issued; credential = answer.credential };
end

--- Whose a secret is, and what the session must remember of it; else nil and a SASL condition.
-- @param user the localpart that it must be for, or "" for whoever it names
-- @param log where a refusal is told: Prosody tells of none
function program.check(user, secret, log)
	-- "login" is "check", and tells what a revocation will name.
	local operation = feed.is_followed() and "login" or "check";
	local text, condition = ask_about(("%s:%s:%s:%s"):format(operation, user, host, secret), user, log);
	if not text then return nil, condition; end
	local localpart, facts = parsers[operation](text, secret);
	if not localpart then return outdated(operation); end
	return localpart, facts;
end

--- The MACs that a MojoAuth username may have; else nil and a SASL condition.
function program.list_macs(username, log)
	local text, condition = ask_about(("mac::%s:%s"):format(host, username), "", log);
	if not text then return nil, condition; end
	local macs = {};
	for mac in text:gmatch("%S+") do table.insert(macs, mac); end
	return macs;
end

--- Where nobody can say, a user exists, so that no message to one is lost.
function program.user_exists(user)
	return ask(("isuser:%s:%s"):format(user, host)) ~= 0;
end

--- Takes back what the user was given.
function program.delete_user(user)
	if ask(("removeuser:%s:%s"):format(user, host)) ~= yes then
		module:log("warn", "The credentials of %s stay good until they expire: the program could not take them back", user);
	end
end

return program;

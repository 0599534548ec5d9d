-- Decides by itself, with secrets that are in files, and asks no other process. It knows nothing of what
-- was revoked or used, and no JWT.

local resolve_path = require "util.paths".resolve_relative_path;
local mojoauth = module:require "mojoauth";
local read_secret = module:require "secret".read;

local host = module.host;

local function get_number(name, default, max)
	local value = module:get_option(name, default);
	if type(value) ~= "number" or value < 0 or value > max then
		error(("%s must be a number of seconds, at most %d"):format(name, max), 0);
	end
	return value;
end

local function get_policy()
	return {
		max_ttl = get_number("mayfly_max_ttl", 86400, 10 ^ 10);
		leeway = get_number("mayfly_leeway", 0, 60);
		host_bound = module:get_option_boolean("mayfly_host_bound", true);
	};
end

local function get_key(name, algorithm)
	if type(name) ~= "string" then error("mayfly_secret_files must be a list of files", 0); end
	if not mojoauth.algorithms[algorithm] then
		error(("mayfly_secret_files: %s must have one of sha1, sha256, sha384, sha512"):format(name), 0);
	end
	local path = resolve_path(prosody.paths.config, name);
	local secret, why = read_secret(path);
	if not secret then error(("mayfly_secret_files: %s %s"):format(path, why), 0); end
	return { path = path, algorithm = algorithm, secret = secret };
end

--- The keys, one of each file: `"FILE"`, or `["FILE"] = "sha256"`; from the folder of Prosody's configuration.
local function get_keys()
	local files = module:get_option("mayfly_secret_files");
	local keys = {};
	for index, value in pairs(type(files) == "table" and files or { files }) do
		local is_listed = type(index) == "number";
		table.insert(keys, get_key(is_listed and value or index, is_listed and "sha1" or value));
	end
	if #keys == 0 then error("mayfly_secret_files must name at least one file", 0); end
	return keys;
end

local policy, keys = get_policy(), get_keys();

module:hook_global("config-reloaded", function ()
	local ok, why = pcall(function () policy, keys = get_policy(), get_keys(); end);
	if ok then return module:log("info", "Configured anew, with secrets of %d files", #keys); end
	module:log("error", "%s. What was configured before stays in force", why);
end);

--- Reads the files again: what they hold now verifies. A bad one leaves its secret of before in force.
local function refresh()
	for _, key in ipairs(keys) do
		local secret, why = read_secret(key.path);
		if why and why ~= key.problem then
			module:log("error", "The secret %s %s. The one before stays in force", key.path, why);
		elseif secret and secret ~= key.secret then
			module:log("info", "The secret %s has changed, and was read anew", key.path);
		end
		key.problem, key.secret = why, secret or key.secret;
	end
end

local function refuse(log, who, reason)
	local condition = reason == "expired" and "credentials-expired" or "not-authorized";
	log("info", "Refused a login %s: %s (%s)", who, condition, reason);
	return nil, condition;
end

local standalone = {};

--- Whose a secret is, and what the session must remember of it; else nil and a SASL condition.
-- @param user the localpart that it must be for, or "" for whoever it names
-- @param log where a refusal is told: Prosody tells of none
function standalone.check(user, secret, log)
	refresh();
	local claimed = user ~= "" and user or nil;
	local localpart, expires = mojoauth.verify(claimed, host, secret, keys, policy, os.time());
	if localpart then return localpart, { expires = expires }; end
	return refuse(log, claimed and "as " .. user .. "@" .. host or "with a token", expires);
end

--- The MACs that a MojoAuth username may have; else nil and a SASL condition.
function standalone.list_macs(username, log)
	refresh();
	local macs, reason = mojoauth.list_macs(username, host, keys, policy, os.time());
	if macs then return macs; end
	return refuse(log, "by SCRAM", reason);
end

--- Who exists is not known here: everybody, so that no message to one is lost.
function standalone.user_exists()
	return true;
end

function standalone.delete_user(user)
	module:log("warn", "The credentials of %s stay good until they expire: there is no store to revoke them in", user);
end

return standalone;

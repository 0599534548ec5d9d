-- Runs what prosody/mod_auth_mayfly verifies with in a plain Lua with Prosody's libraries: FOLDER decide,
-- with a JSON list of logins on standard input, bytes in hex, or FOLDER read FILE. It answers in JSON.

package.path = "/usr/lib/prosody/?.lua;" .. package.path;
package.cpath = "/usr/lib/prosody/?.so;" .. package.cpath;
-- Prosody 13 has them by another name, too.
setmetatable(package.preload, { __index = function (_, name)
	local old = name:match("^prosody%.(.*)$");
	return old and function () return require(old); end;
end });

local json = require "util.json";
local mojoauth = dofile(arg[1] .. "/mojoauth.lib.lua");

local function bytes(hex)
	return (hex:gsub("..", function (digits) return string.char(tonumber(digits, 16)); end));
end

local function hex(text)
	return (text:gsub(".", function (character) return ("%02x"):format(character:byte()); end));
end

local function decide(login)
	local keys = {};
	for i, key in ipairs(login.keys) do
		keys[i] = { id = key.id, algorithm = key.algorithm, secret = bytes(key.secret) };
	end
	local host, password = bytes(login.host), bytes(login.password);
	if login.op == "mac" then
		local macs, reason = mojoauth.list_macs(password, host, keys, login.policy, login.now);
		return macs and { ok = true, macs = macs } or { ok = false, reason = reason };
	end
	local user = login.user and bytes(login.user);
	local localpart, more, key = mojoauth.verify(user, host, password, keys, login.policy, login.now);
	if not localpart then return { ok = false, reason = more }; end
	return { ok = true, user = hex(localpart), expires = more, key = key.id };
end

local commands = {};

function commands.decide()
	local decisions = {};
	for i, login in ipairs(json.decode(io.read("*a"))) do decisions[i] = decide(login); end
	return decisions;
end

function commands.read()
	local secret, problem = dofile(arg[1] .. "/secret.lib.lua").read(arg[3]);
	return { secret = secret, problem = problem };
end

print(json.encode(commands[arg[2]]()));

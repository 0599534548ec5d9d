-- A SASL handler of our own. Prosody's PLAIN takes no ":" in a name and no password above 1023 bytes,
-- leaves the authzid unchecked, and has one condition for all that can be wrong.

local new_sasl = require "util.sasl".new;
local stringprep = require "util.encodings".stringprep;
local jid = require "util.jid";
local json = require "util.json";
local message = module:require "message";

local nodeprep, nameprep = stringprep.nodeprep, stringprep.nameprep;
local host = module.host;

local texts = {
	["account-disabled"] = "This credential has been taken back, or used before.";
	["credentials-expired"] = "This credential has expired.";
	["invalid-authzid"] = "This credential is not for that identity.";
	["malformed-request"] = "The message cannot be read.";
	["not-authorized"] = "This credential opens nothing here.";
	["temporary-auth-failure"] = "Logins cannot be checked just now.";
};

local function refuse(condition)
	return "failure", condition, texts[condition];
end

--- Whom the client says that the secret is for, and the secret as the program takes it; nothing for
-- a name that is nobody's here.
local function identify(name, secret)
	if name == "" then return "", secret; end
	-- A MojoAuth username says itself whom it is for.
	if name:find("^%d+:") then return "", name .. ":" .. secret; end
	local localpart, at, domain = name:match("^([^@]*)(@?)(.*)$");
	if at == "@" and nameprep(domain) ~= host then return nil; end
	return nodeprep(localpart), secret;
end

--- Decides on a login.
-- @param check asks the program: from a localpart or "", and a secret, to the credential's localpart
-- and expiry, or to nil and a condition
local function decide(login, check)
	local claimed, secret = identify(login.name, login.secret);
	if not claimed then return refuse("not-authorized"); end
	local user, expires = check(claimed, secret);
	if not user then return refuse(expires); end
	if user ~= nodeprep(user) then
		module:log("error", "The program named a user that is not a prepared localpart");
		return refuse("not-authorized");
	end
	if login.authzid ~= "" and jid.prep(login.authzid) ~= user .. "@" .. host then
		return refuse("invalid-authzid");
	end
	return "success", user, expires;
end

local function step(handler, text, check)
	if handler.refusal then return refuse(handler.refusal); end
	if not text or text == "" then
		if handler.is_prompted then return refuse("malformed-request"); end
		handler.is_prompted = true;
		return "challenge", "";
	end
	local login = message[handler.selected](text);
	if not login then return refuse("malformed-request"); end
	local status, value, more = decide(login, check);
	if status == "success" then
		handler.username, handler.mayfly_expires = value, more;
		return status;
	end
	if handler.selected == "OAUTHBEARER" and value ~= "temporary-auth-failure" then
		-- https://www.rfc-editor.org/rfc/rfc7628#section-3.2.2: the client is to answer before it fails.
		handler.refusal = value;
		return "challenge", json.encode({ status = "invalid_token" });
	end
	return status, value, more;
end

--- A handler for `get_sasl_handler`; with mechanisms only where a secret may be sent.
return function (check, is_allowed)
	local mechanisms = {};
	if is_allowed then
		for mechanism in pairs(message) do mechanisms[mechanism] = true; end
	end
	local function new()
		local handler = new_sasl(host, { mechanisms = mechanisms });
		handler.clean_clone = new;
		--- An error thrown here would leave the client without an answer.
		function handler:process(text)
			local ok, status, value, more = pcall(step, self, text, check);
			if ok then return status, value, more; end
			module:log("error", "A login failed: %s", status);
			return refuse("temporary-auth-failure");
		end
		return handler;
	end
	return new();
end

-- A SASL handler of our own. Prosody's PLAIN takes no ":" in a name and no password above 1023 bytes,
-- leaves the authzid unchecked, and has one condition for all that can be wrong.

local new_sasl = require "util.sasl".new;
local stringprep = require "util.encodings".stringprep;
local jid = require "util.jid";
local json = require "util.json";
local message = module:require "message";
local scram = module:require "scram";

local nodeprep, nameprep = stringprep.nodeprep, stringprep.nameprep;
local host = module.host;

--- Where a client learns how to get a token, https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
local function find_openid_configuration()
	local issuer = module:get_option_string("mayfly_issuer");
	if not issuer then return nil; end
	local is_loopback = issuer:find("^http://127%.0%.0%.1[:/]") or issuer:find("^http://localhost[:/]");
	if not is_loopback and not issuer:find("^https://.") then
		error('mayfly_issuer must begin with "https://"', 0);
	end
	return issuer:gsub("/$", "") .. "/.well-known/openid-configuration";
end

local openid_configuration = find_openid_configuration();

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
-- and its facts, or to nil and a condition
local function decide(login, check)
	local claimed, secret = identify(login.name, login.secret);
	if not claimed then return refuse("not-authorized"); end
	local user, facts = check(claimed, secret);
	if not user then return refuse(facts); end
	if user ~= nodeprep(user) then
		module:log("error", "The program named a user that is not a prepared localpart");
		return refuse("not-authorized");
	end
	if login.authzid ~= "" and jid.prep(login.authzid) ~= user .. "@" .. host then
		return refuse("invalid-authzid");
	end
	return "success", user, facts;
end

--- What the modules that look after a session find with its handler.
local function accept(handler, user, facts)
	handler.username, handler.mayfly_facts = user, facts;
end

--- One message of SCRAM. What was proved is decided on like any credential.
local function step_scram(handler, text, check, list_macs)
	local state = handler.mayfly_scram;
	if not state then
		local challenge, begun = scram.begin(handler, text, list_macs);
		if not challenge then return refuse(begun); end
		handler.mayfly_scram = begun;
		return "challenge", challenge;
	end
	local mac, signature = scram.finish(state, text);
	if not mac then return refuse(signature); end
	local login = { authzid = state.authzid, name = state.username, secret = mac };
	local status, value, more = decide(login, check);
	if status ~= "success" then return status, value, more; end
	accept(handler, value, more);
	return status, signature;
end

local function step(handler, text, check, list_macs)
	if handler.refusal then return refuse(handler.refusal); end
	if not text or text == "" then
		if handler.is_prompted or handler.mayfly_scram then return refuse("malformed-request"); end
		handler.is_prompted = true;
		return "challenge", "";
	end
	if scram.mechanisms[handler.selected] then return step_scram(handler, text, check, list_macs); end
	local login = message[handler.selected](text);
	if not login then return refuse("malformed-request"); end
	local status, value, more = decide(login, check);
	if status == "success" then
		accept(handler, value, more);
		return status;
	end
	if handler.selected == "OAUTHBEARER" and value ~= "temporary-auth-failure" then
		-- https://www.rfc-editor.org/rfc/rfc7628#section-3.2.2: the client is to answer before it fails.
		handler.refusal = value;
		return "challenge", json.encode({
			status = "invalid_token";
			["openid-configuration"] = openid_configuration;
		});
	end
	return status, value, more;
end

--- A handler for `get_sasl_handler`; with mechanisms only where a secret may be sent.
-- @param list_macs gives the MACs that a username may have, for SCRAM; false to offer none
-- @param before the handler that the connection had before, if any: what binds a login to it stays
return function (check, list_macs, is_allowed, before)
	local mechanisms = {};
	if is_allowed then
		for mechanism in pairs(message) do mechanisms[mechanism] = true; end
	end
	if is_allowed and list_macs then
		for mechanism in pairs(scram.mechanisms) do mechanisms[mechanism] = true; end
	end
	local function new(from)
		local handler = new_sasl(host, { mechanisms = mechanisms, cb = from and from.profile.cb });
		handler.userdata = from and from.userdata;
		handler.clean_clone = new;
		--- An error thrown here would leave the client without an answer.
		function handler:process(text)
			local ok, status, value, more = pcall(step, self, text, check, list_macs);
			if ok then return status, value, more; end
			module:log("error", "A login failed: %s", status);
			return refuse("temporary-auth-failure");
		end
		return handler;
	end
	return new(before);
end

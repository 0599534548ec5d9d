-- Logins with short-lived credentials, which "mayfly serve --extauth unix:PATH" verifies, or Prosody by
-- itself. The README beside this folder has every option.

local new_handler = module:require "sasl";

local is_standalone = module:get_option("mayfly_secret_files") ~= nil;
local verifier = module:require(is_standalone and "standalone" or "program");
local is_plaintext_allowed = module:get_option_boolean("allow_unencrypted_plain_auth", false);
local offers_scram = module:get_option_boolean("mayfly_scram", false);

function module.unload()
	if verifier.stop then verifier.stop(); end
end

local function to_log(...) module:log(...); end

local function not_supported()
	return nil, "Credentials are minted by the app server, and not kept here";
end

local provider = {
	get_password = not_supported;
	set_password = not_supported;
	create_user = not_supported;
	get_account_info = verifier.get_account_info; -- Prosody 13
};

function provider.get_sasl_handler(session)
	local is_allowed = session.secure or is_plaintext_allowed;
	if not is_allowed then module:log("debug", "Offering no login: the connection is not encrypted"); end
	local log = session.log or to_log;
	local list_macs = offers_scram and function (username) return verifier.list_macs(username, log); end;
	local check = function (user, secret) return verifier.check(user, secret, log); end;
	-- Prosody asks for a new one where a client begins anew, and does not tell it of the TLS connection again.
	session.mayfly_handler = new_handler(check, list_macs, is_allowed, session.mayfly_handler);
	return session.mayfly_handler;
end

function provider.test_password(user, secret)
	local localpart, condition = verifier.check(user, secret, to_log);
	if localpart ~= user then return nil, condition; end
	return true;
end

function provider.user_exists(user)
	return verifier.user_exists(user);
end

function provider.delete_user(user)
	verifier.delete_user(user);
	return true;
end

function provider.users()
	return function () return nil; end
end

module:provides("auth", provider);

if module:get_option_boolean("mayfly_end_session_at_expiry", false) then
	module:require "expiry";
end

if module:get_option_boolean("mayfly_end_fast_at_expiry", false) then
	module:require "fast-limit";
end

-- Asks over HTTP as the community's mod_auth_http does, by what its README says of the protocol:
-- GET URL/METHOD?user=&server=&pass= with Basic authentication, and yes is 200 with the body "true".

local async = require "util.async";
local base64 = require "util.encodings".base64.encode;
local http = require "net.http";
local new_sasl = require "util.sasl".new;

local url = module:get_option_string("http_auth_url");
local credentials = module:get_option_string("http_auth_credentials");

local function holds(method, fields)
	fields.server = module.host;
	local wait, done = async.waiter();
	local body, code;
	http.request(url .. "/" .. method .. "?" .. http.formencode(fields), {
		headers = { Authorization = "Basic " .. base64(credentials) };
	}, function (answer, status)
		body, code = answer, status;
		done();
	end);
	wait();
	return code == 200 and body == "true";
end

local provider = {};

function provider.test_password(username, password)
	return holds("check_password", { user = username, pass = password });
end

function provider.user_exists(username)
	return holds("user_exists", { user = username });
end

function provider.get_sasl_handler()
	return new_sasl(module.host, {
		plain_test = function (_, username, password)
			return provider.test_password(username, password), true;
		end;
	});
end

module:provides("auth", provider);

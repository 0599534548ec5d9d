-- What a client sends to log in, taken apart: by mechanism, a function from the message to
-- { authzid, name, secret }, or to nothing when the message is malformed. The name may be "", for
-- whoever the secret names.

local gs2 = module:require "gs2";

local message = {};

--- https://www.rfc-editor.org/rfc/rfc4616#section-2
function message.PLAIN(text)
	local authzid, name, secret = text:match("^([^\0]*)\0([^\0]+)\0([^\0]+)$");
	return authzid and { authzid = authzid, name = name, secret = secret };
end

--- As PLAIN, with a token for the password; some clients leave the name out.
message["X-OAUTH2"] = function (text)
	local authzid, name, secret = text:match("^([^\0]*)\0([^\0]*)\0([^\0]+)$");
	return authzid and { authzid = authzid, name = name, secret = secret };
end

--- https://www.rfc-editor.org/rfc/rfc7628#section-3.1
-- Beyond its ASCII, a token may have UTF-8: a name of any script stands in those of MojoAuth.
-- The secret is "" where there is no bearer token: a client that asks what to do.
function message.OAUTHBEARER(text)
	local field, pairs_text = text:match("^[ny],([^,]*),\1(.*)\1$");
	local authzid = field and gs2.decode_authzid(field);
	if not authzid or pairs_text:gsub("%a+=[^\1]*\1", "") ~= "" then return nil; end
	local values = {};
	for key, value in pairs_text:gmatch("(%a+)=([^\1]*)\1") do
		if values[key] or value:find("[^%g \t\r\n\128-\255]") then return nil; end
		values[key] = value;
	end
	local scheme, token = (values.auth or ""):match("^(%a+) +([%g\128-\255]+)$");
	local is_bearer = scheme and scheme:lower() == "bearer";
	return { authzid = authzid, name = "", secret = is_bearer and token or "" };
end

return message;

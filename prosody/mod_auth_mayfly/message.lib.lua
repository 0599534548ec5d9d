-- What a client sends to log in, taken apart: by mechanism, a function from the message to
-- { authzid, name, secret }, or to nothing when the message is malformed. The name may be "", for
-- whoever the secret names.

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

--- The authzid of a GS2 header, https://www.rfc-editor.org/rfc/rfc5801#section-4
local function decode_authzid(field)
	if field == "" then return ""; end
	local name = field:match("^a=(.+)$");
	if not name or name:gsub("=2C", ""):gsub("=3D", ""):find("=", 1, true) then return nil; end
	return (name:gsub("=2C", ","):gsub("=3D", "="));
end

--- https://www.rfc-editor.org/rfc/rfc7628#section-3.1
-- The secret is "" where there is no bearer token: a client that asks what to do.
function message.OAUTHBEARER(text)
	local field, pairs_text = text:match("^[ny],([^,]*),\1(.*)\1$");
	local authzid = field and decode_authzid(field);
	if not authzid or pairs_text:gsub("%a+=[^\1]*\1", "") ~= "" then return nil; end
	local values = {};
	for key, value in pairs_text:gmatch("(%a+)=([^\1]*)\1") do
		if values[key] or value:find("[^%g \t\r\n]") then return nil; end
		values[key] = value;
	end
	local scheme, token = (values.auth or ""):match("^(%a+) +(%g+)$");
	local is_bearer = scheme and scheme:lower() == "bearer";
	return { authzid = authzid, name = "", secret = is_bearer and token or "" };
end

return message;

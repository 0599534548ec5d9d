-- The header of SCRAM's and OAUTHBEARER's messages, https://www.rfc-editor.org/rfc/rfc5801#section-4

--- Decodes a name in which "," and "=" are escaped; nil when it is malformed.
local function decode_name(text)
	if text:gsub("=2C", ""):gsub("=3D", ""):find("=", 1, true) then return nil; end
	return (text:gsub("=2C", ","):gsub("=3D", "="));
end

--- Decodes the field of the authzid: "" where there is none, nil when it is malformed.
local function decode_authzid(field)
	if field == "" then return ""; end
	local name = field:match("^a=(.+)$");
	return name and decode_name(name);
end

return { decode_name = decode_name; decode_authzid = decode_authzid };

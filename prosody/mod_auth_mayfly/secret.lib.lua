-- Secrets in files.

local json = require "util.json";

local fewest_bytes = 16; -- what is shorter can be guessed from one credential

--- Whether a secret is a key of another kind: with a public key as its secret, an HMAC is one that everybody can make.
local function is_other_key(text)
	if text:find("-----BEGIN ", 1, true) then return true; end
	local value = json.decode(text);
	return type(value) == "table" and (value.kty ~= nil or value.keys ~= nil);
end

--- Reads the secret of a MAC: the bytes of a file, without the one line end that an editor leaves.
-- @return the secret; else nil, and what completes the sentence "PATH …"
local function read(path)
	local file, why = io.open(path, "rb");
	if not file then return nil, "cannot be read: " .. why:gsub("^.*: ", ""); end
	local bytes = file:read("*a");
	file:close();
	if not bytes then return nil, "cannot be read: it is no file"; end
	local secret = bytes:gsub("\r?\n$", "");
	if secret == "" then return nil, "is empty"; end
	if is_other_key(secret) then return nil, "is a PEM or JWK, and not the secret of a MAC"; end
	if #secret < fewest_bytes then
		return nil, ("is shorter than %d bytes, and can be guessed"):format(fewest_bytes);
	end
	return secret;
end

return { read = read };

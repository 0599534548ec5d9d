-- mojoauth credentials, verified as src/verify/mojoauth.ts does: test/vectors/mojoauth.json has decisions
-- that both must make. Pure: no files, no configuration, and the clock is an argument.

local hashes = require "util.hashes";
local is_utf8 = require "util.encodings".utf8.valid;
local base64 = require "util.encodings".base64;
local xor = require "util.strbitop".sxor;

--- Prosody has no HMAC by SHA-384, https://www.rfc-editor.org/rfc/rfc2104#section-2
local function hmac_sha384(secret, text)
	if #secret > 128 then secret = hashes.sha384(secret); end
	local block = secret .. ("\0"):rep(128 - #secret);
	local inner = hashes.sha384(xor(block, ("\54"):rep(128)) .. text);
	return hashes.sha384(xor(block, ("\92"):rep(128)) .. inner);
end

--- The algorithms that a key may have.
local hmac = {
	sha1 = hashes.hmac_sha1;
	sha256 = hashes.hmac_sha256;
	sha384 = hmac_sha384;
	sha512 = hashes.hmac_sha512;
};

--- The MAC over a username, in padded standard base64.
local function sign(key, username)
	return base64.encode(hmac[key.algorithm](key.secret, username));
end

-- As long as one of the hashes makes it.
local paddings = { [28] = "="; [44] = "="; [64] = ""; [88] = "==" };

local function is_mac(text)
	local padding = paddings[#text];
	return padding and text:find("^[A-Za-z0-9+/]+" .. padding .. "$") ~= nil;
end

local function is_expiry(digits)
	return digits == "0" or #digits <= 15 and digits:find("^[1-9][0-9]*$") ~= nil;
end

--- Takes "<expiry>:<id>" apart: the expiry's digits, and the id where there is one.
local function parse_username(text)
	local digits, rest = text:match("^([0-9]+)(.*)$");
	if not digits or not is_expiry(digits) then return nil; end
	if rest ~= "" and rest:sub(1, 1) ~= ":" then return nil; end
	return digits, rest:match("^:(.+)$");
end

--- Takes an inline password "<expiry>:<mac>" or a token "<expiry>:<id>:<mac>" apart.
-- @return the expiry's digits, the MAC, and of a token what is signed and the id; nil for anything else
local function parse(text)
	local signed, mac = text:match("^(.+):([^:]*)$");
	if not signed or not is_mac(mac) then return nil; end
	if is_expiry(signed) then return signed, mac; end
	local digits, id = parse_username(signed);
	if not id then return nil; end
	return digits, mac, signed, id;
end

-- A colon or an at sign would make two identities one under the MAC; no localpart has them.
local function is_localpart(text)
	return text:find("^[^@:/]+$") ~= nil;
end

--- The localpart that an id names.
local function owner_of(id)
	return id and id:gsub("@[^@]*$", "", 1) or nil;
end

--- Whether an id is who wants to log in: nothing, or why not.
local function judge_owner(id, user, host, policy)
	local localpart, domain = id:match("^(.*)@([^@]*)$");
	if (localpart or id) ~= user then return "wrong-user"; end
	if domain and domain ~= host or not domain and policy.host_bound then return "wrong-host"; end
end

local function judge_expiry(expires, policy, now)
	if now > expires + policy.leeway then return "expired"; end
	if expires > now + policy.max_ttl then return "too-long-lived"; end
end

--- The key that signed. Every key is tried, so that time does not tell which.
local function find_signer(mac, usernames, keys)
	local found;
	for _, key in ipairs(keys) do
		for _, username in ipairs(usernames) do
			if hashes.equals(mac, sign(key, username)) then found = found or key; end
		end
	end
	return found;
end

--- Decides on a credential: signature first, then time, then policy.
-- @param user the localpart that wants to log in, prepared; nil for whoever the credential names
-- @param policy `{ max_ttl, leeway, host_bound }`, durations in seconds
-- @param now in Unix seconds
-- @return the localpart, the expiry in Unix seconds, and the key; else nil and a reason of src/credential/reason.ts
local function verify(user, host, password, keys, policy, now)
	local digits, mac, signed, id = parse(password);
	if not digits or user and not is_localpart(user) then return nil, "malformed"; end
	user = user or owner_of(id);
	if not user then return nil, "malformed"; end
	if #keys == 0 then return nil, "unknown-key"; end
	local usernames = { signed or digits .. ":" .. user .. "@" .. host };
	if not signed and not policy.host_bound then usernames[2] = digits .. ":" .. user; end
	local key = find_signer(mac, usernames, keys);
	if not key or not is_utf8(password) then return nil, "bad-signature"; end

	local expires = tonumber(digits);
	local reason = judge_expiry(expires, policy, now) or id and judge_owner(id, user, host, policy);
	if reason then return nil, reason; end
	if not is_localpart(user) then return nil, "malformed"; end
	return user, expires, key;
end

--- The MACs that a username may have, one of each key, to prove one by SCRAM.
-- @return a list; else nil and a reason
local function list_macs(username, host, keys, policy, now)
	local digits, id = parse_username(username);
	if not id or not is_utf8(username) then return nil, "malformed"; end
	local reason = judge_expiry(tonumber(digits), policy, now) or judge_owner(id, owner_of(id), host, policy);
	if reason then return nil, reason; end
	local macs = {};
	for _, key in ipairs(keys) do table.insert(macs, sign(key, username)); end
	return macs;
end

return { algorithms = hmac; verify = verify; list_macs = list_macs };

-- The server's side of SCRAM: the name is a MojoAuth username, and the password its MAC, which both
-- sides can make and neither sends. https://www.rfc-editor.org/rfc/rfc5802

local base64 = require "util.encodings".base64;
local hashes = require "util.hashes";
local random = require "util.random".bytes;
local xor = require "util.strbitop".sxor;
local gs2 = module:require "gs2";

-- A MAC is 160 random bits or more: more rounds would make none harder to guess, only logins slower.
local rounds = 4096;

local sha1 = { hash = hashes.sha1; hmac = hashes.hmac_sha1; pbkdf2 = hashes.pbkdf2_hmac_sha1 };
local sha256 = { hash = hashes.sha256; hmac = hashes.hmac_sha256; pbkdf2 = hashes.pbkdf2_hmac_sha256 };
local mechanisms = {
	["SCRAM-SHA-1"] = sha1; ["SCRAM-SHA-1-PLUS"] = sha1;
	["SCRAM-SHA-256"] = sha256; ["SCRAM-SHA-256-PLUS"] = sha256;
};

--- Takes client-first-message apart; nil when it is malformed.
local function parse_first(text)
	local header, flag, binding, field, bare = text:match("^(([nyp])([^,]*),([^,]*),)(.+)$");
	if not header then return nil; end
	local name, nonce, rest = bare:match("^n=([^,]+),r=([\33-\43\45-\126]+)(.*)$");
	if not name or rest ~= "" and rest:sub(1, 1) ~= "," then return nil; end
	local authzid, username = gs2.decode_authzid(field), gs2.decode_name(name);
	if not authzid or not username then return nil; end
	if flag ~= "p" and binding ~= "" then return nil; end
	return {
		header = header; flag = flag; binding = binding:match("^=(.+)$");
		authzid = authzid; username = username; nonce = nonce; bare = bare;
	};
end

--- What binds the login to its TLS connection: "" where the client binds it to none, nil where it must not be so.
local function get_binding(handler, first)
	local is_plus = handler.selected:find("-PLUS", 1, true) ~= nil;
	if (first.flag == "p") ~= is_plus then return nil; end
	-- The client knows how to, and was told that the server does not: somebody between has taken it out.
	if first.flag == "y" and handler:mechanisms()[handler.selected .. "-PLUS"] then return nil; end
	if not is_plus then return ""; end
	local get = (handler.profile.cb or {})[first.binding];
	return get and get(handler);
end

--- Begins a login.
-- @param list_macs gives a username's MACs, or nil and a condition
-- @return what to answer, and what `finish` needs; else nil and a condition
local function begin(handler, text, list_macs)
	local first = parse_first(text);
	local binding = first and get_binding(handler, first);
	if not binding then return nil, "malformed-request"; end
	local macs, condition = list_macs(first.username);
	if not macs then return nil, condition; end
	local nonce, salt = first.nonce .. base64.encode(random(18)), random(16);
	local challenge = ("r=%s,s=%s,i=%d"):format(nonce, base64.encode(salt), rounds);
	return challenge, {
		mechanism = mechanisms[handler.selected];
		authzid = first.authzid; username = first.username; macs = macs;
		binding = base64.encode(first.header .. binding);
		nonce = nonce; salt = salt; said = first.bare .. "," .. challenge;
	};
end

--- Ends a login: the MAC that the client has proved, and what proves to it that the server has it too.
-- Every MAC is tried, so that time does not tell which.
-- @return else nil and a condition
local function finish(state, text)
	local unproved, binding, nonce, rest, proof = text:match("^(c=([^,]*),r=([^,]*)(.-)),p=([^,]*)$");
	proof = proof and base64.decode(proof);
	if not proof or rest ~= "" and rest:sub(1, 1) ~= "," then return nil, "malformed-request"; end
	if binding ~= state.binding or nonce ~= state.nonce then return nil, "malformed-request"; end
	local hash, hmac, pbkdf2 = state.mechanism.hash, state.mechanism.hmac, state.mechanism.pbkdf2;
	local message = state.said .. "," .. unproved;
	local proved, signature;
	for _, mac in ipairs(state.macs) do
		local salted = pbkdf2(mac, state.salt, rounds);
		local stored = hash(hmac(salted, "Client Key"));
		local expected = hmac(stored, message);
		if #proof == #expected and hashes.equals(hash(xor(proof, expected)), stored) then
			proved, signature = mac, hmac(hmac(salted, "Server Key"), message);
		end
	end
	if not proved then return nil, "not-authorized"; end
	return proved, "v=" .. base64.encode(signature);
end

return { mechanisms = mechanisms; begin = begin; finish = finish };

-- Lets no token of mod_sasl2_fast (XEP-0484) live longer than the credential that it was given for.

local datetime = require "util.datetime".datetime;
local hashes = require "util.hashes";

local store = module:open_store("fast_tokens", "map"); -- where mod_sasl2_fast has them

local function get_token(session)
	if not session.client_id then return nil; end
	local key = hashes.sha256(session.client_id, true) .. "-new";
	return store:get(session.username, key), key;
end

-- mod_sasl2_fast answers with its token at 75. Who has logged in with a token gets no next one: its end is not
-- known.
module:hook("sasl2/c2s/success", function (event)
	local session = event.session;
	local answer = event.success:get_child("token", "urn:xmpp:fast:0");
	local token, key = get_token(session);
	if not answer or not token then return; end
	local facts = session.sasl_handler.mayfly_facts;
	if facts and facts.expires then
		token.expires_at = math.min(token.expires_at, facts.expires);
		answer.attr.expiry = datetime(token.expires_at);
		store:set(session.username, key, token);
		return;
	end
	store:set(session.username, key, nil);
	event.success:maptags(function (tag) if tag ~= answer then return tag; end end);
end, 70);

-- Tells mod_sasl2_fast since when a user's tokens count, as if it were a change of password: tokens of FAST
-- (XEP-0484) from before a revocation log nobody in.

local store = module:open_store("mayfly_revoked"); -- kept: tokens outlive a restart, and the feed's memory

local fast = {};

local function note(user, at)
	local known = store:get(user);
	if not known or known.at < at then store:set(user, { at = at }); end
end

--- Notes a revocation. A token does not say which credential it was given for: of a single one that is revoked
-- all of its user's end.
function fast.note_revocation(event, sessions)
	-- A token from the same second may be from before.
	local at = math.max(event.at, event.heard) + 1;
	local user = sessions.get_user(event);
	if user then return note(user, at); end
	for _, session in ipairs(sessions.find(event)) do note(session.username, at); end
end

--- For usermanager.get_account_info.
function fast.get_account_info(user)
	local known = store:get(user);
	return { password_updated = known and known.at or nil };
end

return fast;

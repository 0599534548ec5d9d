import type { Policy } from "../policy/index.ts";
import type { Store } from "../store/index.ts";
import { type Decision, type Proof, refused } from "./decision.ts";

/**
 * Judges a credential that is good by what is known of it and its user. What cannot be looked up is
 * refused.
 */
export async function judgeState(
  { decision, issuedAt }: Proof,
  credential: string,
  policy: Policy,
  store: Store,
): Promise<Decision> {
  const { user, host, expiresAt } = decision;
  const jid = `${user}@${host}`;
  try {
    const { revoked, userRevokedAt } = await store.look(credential, jid);
    if (revoked || (userRevokedAt !== undefined && issuedAt <= userRevokedAt)) {
      return refused("revoked");
    }
    const until = expiresAt + policy.leeway + 1;
    if (policy.singleUse && !(await store.claim(credential, until))) return refused("already-used");
  } catch {
    return refused("store-unavailable");
  }
  // That a user was seen is for later questions; the login does not depend on it.
  if (policy.users === "seen") await store.see(jid).catch(() => {});
  return decision;
}

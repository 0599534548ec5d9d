import { fingerprint, isMacShaped, isTime, parseCredential } from "../credential/index.ts";
import { Policies, type Policy } from "../policy.ts";
import type { Notice, Store, UserRevocation } from "../store/index.ts";
import { currentTime, maxTime } from "../time.ts";
import { retainUntil } from "./retention.ts";
import { type Decision, refused, type VerifiedCredential } from "./types.ts";

/**
 * Asks the store about a credential that is good so far: whether it or its user is revoked, and
 * where the policy has `singleUse` whether it was used. Refused where the store does not answer.
 */
export async function checkStore(
  proof: VerifiedCredential,
  credential: string,
  policy: Policy,
  store: Store,
): Promise<Decision> {
  const { decision } = proof;
  const { user, host, expiresAt } = decision;
  const jid = `${user}@${host}`;
  try {
    const known = await store.getStatus(credential, jid);
    if (known.revoked || isRevoked(proof, known.user)) return refused("revoked");
    // Before the login: what is not kept could not be ended by a logout token.
    await Promise.all((proof.links ?? []).map((link) => store.feed?.link(link, jid)));
    const until = retainUntil(expiresAt, policy.leeway);
    if (policy.singleUse && !(await store.claim(credential, until))) return refused("already-used");
  } catch {
    return refused("store-unavailable");
  }
  // `isuser` asks for it later; the login does not depend on it.
  if (policy.users === "seen") await store.markSeen(jid).catch(() => {});
  return decision;
}

/** Whether a credential is among those of its user that are revoked (see {@link UserRevocation}). */
function isRevoked(
  { decision, issuedAt }: VerifiedCredential,
  revoked: UserRevocation | undefined,
): boolean {
  if (revoked === undefined) return false;
  if (issuedAt === undefined) return decision.expiresAt <= revoked.expiresBy;
  return issuedAt <= revoked.issuedBy;
}

/** How to revoke a user's credentials. */
export interface RevokeUserOptions {
  /** Where the revocation is kept: the store that logins are verified with. */
  store: Store;
  /** @defaultValue every host is served with the defaults */
  policies?: Policies;
  /**
   * The longest lifetime that any credential of the user may have been minted with, in seconds, where
   * that is longer than the host's `maxTtl`: it was lowered since, or an app server mints for longer.
   * @defaultValue the host's `maxTtl`
   */
  longestTtl?: number;
  /** What servers that end sessions are told besides. */
  notice?: Notice;
  /** The time up to which credentials are revoked, in Unix seconds. @defaultValue the clock */
  now?: number;
}

const anyHost = new Policies();

/**
 * Revokes every credential that a user was given until now.
 *
 * A JWT says by its `iat` when it was minted, by a clock that may be ahead by the host's `leeway`:
 * later ones are good at once. A MAC does not say it: refused are all those of the user that may have
 * been minted by now, which are those that expire within the host's `maxTtl` from now, or within
 * `longestTtl`. The store keeps that time, whatever `maxTtl` is later.
 *
 * @param user - the localpart
 * @returns false where the host is not served, and nothing was revoked
 * @throws {@link MayflyError} `ERR_STORE`
 *
 * @example
 * ```ts
 * import { revokeUser } from "mayfly";
 * import { openStore } from "mayfly/store";
 *
 * const store = await openStore("redis://localhost");
 * await revokeUser("alice", "example.com", { store });
 * ```
 */
export async function revokeUser(
  user: string,
  host: string,
  { store, policies = anyHost, longestTtl = 0, notice, now = currentTime() }: RevokeUserOptions,
): Promise<boolean> {
  const policy = policies.forHost(host);
  if (!policy) return false;
  const issuedBy = now + policy.leeway;
  const expiresBy = now + Math.max(policy.maxTtl, longestTtl);
  await store.revokeUser(
    `${user}@${host}`,
    { issuedBy, expiresBy },
    retainUntil(expiresBy, policy.leeway),
    notice,
  );
  return true;
}

/** How to revoke one credential. */
export interface RevokeCredentialOptions {
  /** Where the revocation is kept: the store that logins are verified with. */
  store: Store;
  /** The `<expiry>:<id>` that is presented beside the password, where one is. */
  username?: string | undefined;
  /** What servers that end sessions are told besides. */
  notice?: Notice;
}

/**
 * Revokes one credential, whether its signature is good or not.
 *
 * @param password - the password or token; with a `username` the MAC alone
 * @returns when it would have expired, in Unix seconds; `undefined`, and nothing was revoked, where
 * it is no credential, or one that expires after the year 9999
 * @throws {@link MayflyError} `ERR_STORE`
 */
export async function revokeCredential(
  password: string,
  { store, username, notice }: RevokeCredentialOptions,
): Promise<number | undefined> {
  const presented = parseCredential(password, username);
  if (!presented) return undefined;
  const expires = presented.format === "jwt" ? presented.claims?.exp : presented.expires;
  if (!isTime(expires) || expires > maxTime) return undefined;
  if (presented.format === "mojoauth" && !isMacShaped(presented.mac)) return undefined;
  await store.revoke(fingerprint(presented), retainUntil(expires), notice);
  return expires;
}

import { fingerprint, takeApart } from "../credential/index.ts";
import type { Policies } from "../policy/index.ts";
import type { Store } from "../store/index.ts";

/** Where to write down what is revoked, and for how long. */
export interface Revoking {
  store: Store;
  policies: Policies;
}

/**
 * Revokes what a user was given until `now`, in Unix seconds.
 *
 * A JWT tells by its `iat` when it was minted. A MAC does not: all those of the user are refused that
 * may have been minted by then, which are those that expire within the host's `max_ttl` from now.
 *
 * @returns whether the host is served
 */
export async function revokeUser(
  user: string,
  host: string,
  { store, policies }: Revoking,
  now: number = Math.floor(Date.now() / 1000),
): Promise<boolean> {
  const policy = policies.of(host);
  if (!policy) return false;
  await store.revokeUser(`${user}@${host}`, now, now + policy.maxTtl + policy.leeway + 1);
  return true;
}

/**
 * Revokes one credential, good or not: the password or token, and the username beside it where one
 * was.
 *
 * @returns when it would have expired, in Unix seconds; `undefined` where it is no credential
 */
export async function revokeCredential(
  password: string,
  username: string | undefined,
  { store }: Pick<Revoking, "store">,
): Promise<number | undefined> {
  const presented = takeApart(password, username);
  if (!presented) return undefined;
  const expires = presented.format === "jwt" ? presented.claims?.exp : presented.expires;
  if (typeof expires !== "number") return undefined;
  await store.revoke(fingerprint(presented), Math.ceil(expires) + 61);
  return expires;
}

import type { Keyring } from "../keyring/index.ts";
import type { Policies } from "../policy.ts";
import type { Store } from "../store/index.ts";
import { type LogoutRefusal, revokeUser, verifyLogoutToken } from "../verify/index.ts";

/** The keys of the issuers, and where revocations are kept. */
export interface LogOutOptions {
  /** One without a feed keeps no logins, so that only a claim of the token can name the user. */
  store: Store;
  keyring: Keyring;
  policies?: Policies;
}

/**
 * Revokes what the user of a logout token was given until now: the users that the token names by the
 * rule of its issuer, and those who have logged in with the same `sub` or `sid`. A token is good once; but
 * one that came to nothing because the store was away is good again.
 *
 * @returns the bare JIDs of the users, of whom there may be none; or why the token is refused
 * @throws {@link MayflyError} `ERR_STORE`
 */
export async function logOut(
  token: string,
  { store, keyring, policies }: LogOutOptions,
): Promise<{ jids: string[] } | LogoutRefusal> {
  const verified = await verifyLogoutToken(token, { keyring });
  if (verified === "unavailable" || "refused" in verified) return verified;
  const { issuer, name, links, users } = verified;
  const { feed } = store;
  if ((await feed?.linked(name))?.length) return { refused: "it was used before" };
  const linked = await Promise.all(links.map((link) => feed?.linked(link) ?? []));
  const jids = new Set([
    ...users.map(({ localpart, host }) => `${localpart}@${host}`),
    ...linked.flat(),
  ]);
  const notice = { reason: `signed out at ${issuer.issuer}` };
  const revoked: string[] = [];
  for (const jid of jids) {
    const at = jid.lastIndexOf("@");
    const options = { store, notice, ...(policies && { policies }) };
    if (await revokeUser(jid.slice(0, at), jid.slice(at + 1), options)) revoked.push(jid);
  }
  await feed?.link(name, "used");
  return { jids: revoked };
}

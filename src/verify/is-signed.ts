import { type BareJid, parseCredential, username } from "../credential/index.ts";
import { findSigningKey } from "./mojoauth.ts";
import { findSigner } from "./signer.ts";
import type { VerifyOptions } from "./types.ts";

/** A credential, as it was handed to a client. */
export interface SignedQuery {
  password: string;
  /** What was presented beside it, if anything. */
  username?: string | undefined;
  /** Who may log in with it. An inline password does not name them, and its MAC stands over them. */
  jid?: BareJid | undefined;
}

/**
 * Whether one of our keys, or an issuer that we know, signed a credential, good or not.
 *
 * @returns `undefined` where that cannot be told: an inline password without its `jid`, or a token whose
 * issuer's keys cannot be had
 */
export async function isSigned(
  { password, username: beside, jid }: SignedQuery,
  { keyring }: Pick<VerifyOptions, "keyring">,
): Promise<boolean | undefined> {
  const presented = parseCredential(password, beside);
  if (!presented) return false;
  if (presented.format === "jwt") {
    const signer = await findSigner(presented, keyring);
    if (!("ok" in signer)) return true;
    return signer.reason === "store-unavailable" ? undefined : false;
  }
  const { expires, mac, signed } = presented;
  const keys = keyring.verifyKeys("mojoauth");
  if (signed !== undefined) return findSigningKey(mac, [signed], keys) !== undefined;
  if (!jid) return undefined;
  const ids = [`${jid.localpart}@${jid.host}`, jid.localpart]; // the second where no host is bound
  const inputs = ids.map((id) => username({ expires, id }));
  return findSigningKey(mac, inputs, keys) !== undefined;
}

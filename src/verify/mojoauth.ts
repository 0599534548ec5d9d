import {
  fromSipId,
  isHash,
  isValidMac,
  type MacInput,
  type ParsedCredential,
  type Reason,
  subjectOf,
  username,
  validateJid,
} from "../credential/index.ts";
import { type Key, type Keyring, keyMismatch } from "../keyring/index.ts";
import type { Policy } from "../policy.ts";
import { type Refused, refused, type VerifiedCredential, type VerifyRequest } from "./types.ts";

type Mojoauth = Extract<ParsedCredential, { format: "mojoauth" }>;

/** Verifies a mojoauth credential: its MAC, its expiry, its key and its id. The store is not asked. */
export function verifyMojoauth(
  presented: Mojoauth,
  { user: named, host, service = "xmpp" }: VerifyRequest,
  keyring: Keyring,
  policy: Policy,
  now: number,
): VerifiedCredential | Refused {
  const id = service === "xmpp" ? presented.id : presented.id && fromSipId(presented.id);
  const user = named ?? subjectOf({ format: "mojoauth", id })?.localpart;
  if (user === undefined) return refused("malformed");
  const keys = keyring.verifyKeys("mojoauth");
  if (keys.length === 0) return refused("unknown-key");
  const key = findSigningKey(presented.mac, signingInputs(presented, user, host, policy), keys);
  if (!key) return refused("bad-signature");

  const { expires } = presented;
  const reason =
    judgeExpiry(expires, policy, now) ??
    keyMismatch(key, host, service) ??
    // Inline there is no id: the MAC is over the user and the host already.
    (presented.presentation === "inline" ? undefined : validateId(id, user, host, policy));
  if (reason) return refused(reason);
  return {
    decision: { ok: true, user, host, expiresAt: expires, key: key.id, format: "mojoauth" },
  };
}

/** The usernames that the MAC may be over, in pieces; inline they are rebuilt from the user and the host. */
function signingInputs(
  presented: Mojoauth,
  user: string,
  host: string,
  policy: Policy,
): MacInput[] {
  if (presented.signed !== undefined) return [presented.signed];
  const expires = username({ expires: presented.expires });
  const bound = [expires, ":", user, "@", host];
  return policy.hostBound ? [bound] : [bound, [expires, ":", user]];
}

/** The key that made the MAC. Every key is tried, so that the time it takes does not tell which. */
export function findSigningKey(
  mac: string,
  signed: readonly MacInput[],
  keys: readonly Key[],
): Key | undefined {
  let found: Key | undefined;
  for (const key of keys) {
    for (const text of signed) {
      if (isHash(key.algorithm) && isValidMac(mac, key.verification, key.algorithm, text))
        found ??= key;
    }
  }
  return found;
}

/** Why an expiry, in Unix seconds, is refused: it is over, or too far ahead. */
export function judgeExpiry(expires: number, policy: Policy, now: number): Reason | undefined {
  if (now > expires + policy.leeway) return "expired";
  return expires > now + policy.maxTtl ? "too-long-lived" : undefined;
}

/** Why an id is refused: it names another user or host, or no host where the policy wants one. */
export function validateId(
  id = "",
  user: string,
  host: string,
  { hostBound }: Policy,
): Reason | undefined {
  if (id.includes("@")) return validateJid(id, { user, host });
  if (id !== user) return "wrong-user";
  return hostBound ? "wrong-host" : undefined;
}

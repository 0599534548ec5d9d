import {
  isHash,
  isMac,
  judgeJid,
  type Presented,
  type Reason,
  username,
} from "../credential/index.ts";
import { type Key, type Keyring, misfit } from "../keyring/index.ts";
import type { Policy } from "../policy/index.ts";
import { type Proof, type Refused, refused } from "./decision.ts";
import type { Login } from "./verify.ts";

type Mojoauth = Extract<Presented, { format: "mojoauth" }>;

/** Decides on a mojoauth credential, as far as it tells itself. */
export function verifyMojoauth(
  presented: Mojoauth,
  { user = ownerOf(presented), host, service = "xmpp" }: Login,
  keyring: Keyring,
  policy: Policy,
  now: number,
): Proof | Refused {
  if (user === undefined) return refused("malformed");
  const keys = keyring.verifying("mojoauth");
  if (keys.length === 0) return refused("unknown-key");
  const key = signer(presented.mac, signedBy(presented, user, host, policy), keys);
  if (!key) return refused("bad-signature");

  const { expires } = presented;
  if (now > expires + policy.leeway) return refused("expired");
  if (expires > now + policy.maxTtl) return refused("too-long-lived");
  const reason = misfit(key, host, service) ?? judgeOwner(presented, user, host, policy);
  if (reason) return refused(reason);
  return {
    decision: { ok: true, user, host, expiresAt: expires, key: key.id, format: "mojoauth" },
    issuedAt: expires - policy.maxTtl,
  };
}

/** The localpart that a credential names; inline it names none. */
function ownerOf({ id }: Mojoauth): string | undefined {
  return id?.replace(/@[^@]*$/, "");
}

/** The usernames that the MAC may stand over; inline they are rebuilt from who wants to log in. */
function signedBy(presented: Mojoauth, user: string, host: string, policy: Policy): string[] {
  if (presented.signed !== undefined) return [presented.signed];
  const { expires } = presented;
  const bound = username({ expires, id: `${user}@${host}` });
  return policy.hostBound ? [bound] : [bound, username({ expires, id: user })];
}

/** The key that signed. Every key is tried, so that time does not tell which. */
function signer(mac: string, signed: readonly string[], keys: readonly Key[]): Key | undefined {
  let found: Key | undefined;
  for (const key of keys) {
    for (const text of signed) {
      if (isHash(key.algorithm) && isMac(mac, key.verification, key.algorithm, text)) found ??= key;
    }
  }
  return found;
}

/** Whether a presented id is who wants to log in; inline there is none, and the MAC has told. */
function judgeOwner(
  { presentation, id = "" }: Mojoauth,
  user: string,
  host: string,
  { hostBound }: Policy,
): Reason | undefined {
  if (presentation === "inline") return undefined;
  if (id.includes("@")) return judgeJid(id, { user, host });
  if (id !== user) return "wrong-user";
  return hostBound ? "wrong-host" : undefined;
}

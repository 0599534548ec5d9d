import { type Algorithm, isHash } from "../credential/index.ts";
import type { Key } from "./keyring.ts";

/** Something about a key that is allowed, and weak. */
export interface Weakness {
  code: "short-secret" | "any-profile";
  /** The id of the key. */
  key: string;
  /** What is weak, as a sentence without its end. */
  what: string;
  fix: string;
}

/** Bytes of a secret that is strong enough; RFC 7518 section 3.2 has those of HS384 and HS512. */
const wantedBytes: Partial<Record<Algorithm, number>> = { HS384: 48, HS512: 64 };

/** What is weak about keys, in their order. */
export function findWeaknesses(keys: readonly Key[]): Weakness[] {
  return keys.flatMap((key) => [...shortSecret(key), ...anyProfile(key)]);
}

function shortSecret({ id, algorithm, verification }: Key): Weakness[] {
  const wanted = wantedBytes[algorithm] ?? 32;
  const { symmetricKeySize = wanted } = verification; // a public key has none
  if (symmetricKeySize >= wanted) return [];
  const demand = algorithm.startsWith("HS") ? `, which ${algorithm} demands` : "";
  const what = `key ${id}: its secret is shorter than ${wanted} bytes${demand}`;
  return [{ code: "short-secret", key: id, what, fix: "mayfly keys add makes one that is long" }];
}

/** An `iss` is what other servers want, which then have the secret, and could log in with it. */
function anyProfile({ id, algorithm, issuer, profiles }: Key): Weakness[] {
  if (isHash(algorithm) || issuer === undefined || profiles) return [];
  const what = `key ${id}: whoever has it can log in to XMPP as anybody: it has an issuer, and no profiles`;
  const fix = "profiles: [jitsi] or [opentok] at the key, [xmpp] where it is for logging in";
  return [{ code: "any-profile", key: id, what, fix }];
}

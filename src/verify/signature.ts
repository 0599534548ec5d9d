import type { KeyObject } from "node:crypto";
import { type CryptoKey, compactVerify } from "jose";
import type { CompactJwt, JwsHeader } from "../credential/index.ts";
import type { Issuer, Key, Keyring } from "../keyring/index.ts";
import { type Refused, refused } from "./decision.ts";

/** Who signed a token: a key of our own, or an issuer we know. */
export type Signer = { key: Key } | { issuer: Issuer };

/**
 * Finds who signed a token: the issuer that it names, if we know it, or else a key of our own. A
 * token that names its key is checked with that key alone; every key that may have signed is tried.
 */
export async function findSigner(
  token: string,
  { header, claims }: CompactJwt,
  keyring: Keyring,
): Promise<Signer | Refused> {
  const issuer = keyring.issuers.find((known) => known.issuer === claims?.iss);
  if (issuer) return checkIssuer(token, header, issuer);

  const named = keyring
    .verifying("jwt")
    .filter(({ id }) => header.kid === undefined || header.kid === id);
  if (named.length === 0) return refused("unknown-key");
  let found: Key | undefined;
  for (const key of named) {
    if (await isSigned(token, header, key.verification, [key.algorithm])) found ??= key;
  }
  return found ? { key: found } : refused("bad-signature");
}

async function checkIssuer(
  token: string,
  header: JwsHeader,
  issuer: Issuer,
): Promise<Signer | Refused> {
  if (!issuer.algorithms.some((algorithm) => algorithm === header.alg)) {
    return refused("bad-signature");
  }
  try {
    const keys = await issuer.keys.find(header);
    if (keys.length === 0) return refused("unknown-key");
    for (const key of keys) {
      if (await isSigned(token, header, key, issuer.algorithms)) return { issuer };
    }
    return refused("bad-signature");
  } catch {
    return refused("store-unavailable");
  }
}

/** The algorithm belongs to the key: a token can only repeat it. */
async function isSigned(
  token: string,
  { alg }: JwsHeader,
  key: CryptoKey | KeyObject,
  algorithms: readonly string[],
): Promise<boolean> {
  if (!algorithms.includes(alg)) return false;
  try {
    await compactVerify(token, key, { algorithms: [alg] });
    return true;
  } catch {
    return false;
  }
}

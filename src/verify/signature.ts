import type { CompactJwt, JwsAlgorithm, JwsHeader } from "../credential/index.ts";
import type { Issuer, Key, Keyring } from "../keyring/index.ts";
import { type Refused, refused } from "./decision.ts";
import { isSignedBy } from "./jws.ts";

/** Who signed a token: a key of our own, or an issuer we know. */
export type Signer = { key: Key } | { issuer: Issuer };

/**
 * Finds who signed a token: the issuer that it names, if we know it, or else a key of our own. A
 * token that names its key is checked with that key alone; every key that may have signed is tried.
 */
export function findSigner(
  token: string,
  { header, claims }: CompactJwt,
  keyring: Keyring,
): Signer | Refused | Promise<Signer | Refused> {
  const issuer = keyring.issuers.find((known) => known.issuer === claims?.iss);
  if (issuer) return checkIssuer(token, header, issuer);

  const named = keyring
    .verifying("jwt")
    .filter(({ id }) => header.kid === undefined || header.kid === id);
  if (named.length === 0) return refused("unknown-key");
  let found: Key | undefined;
  for (const key of named) {
    // The algorithm belongs to the key: a token can only repeat it.
    if (header.alg !== key.algorithm) continue;
    if (isSignedBy(key.verification, key.algorithm as JwsAlgorithm, token)) found ??= key;
  }
  return found ? { key: found } : refused("bad-signature");
}

async function checkIssuer(
  token: string,
  { alg, ...header }: JwsHeader,
  issuer: Issuer,
): Promise<Signer | Refused> {
  if (!issuer.algorithms.some((algorithm) => algorithm === alg)) return refused("bad-signature");
  try {
    // Most programs know no issuer, and start sooner without what it takes.
    const [{ compactVerify }, keys] = await Promise.all([
      import("jose"),
      issuer.keys.find({ alg, ...header }),
    ]);
    if (keys.length === 0) return refused("unknown-key");
    for (const key of keys) {
      const isSigned = await compactVerify(token, key, { algorithms: [alg] }).then(
        () => true,
        () => false,
      );
      if (isSigned) return { issuer };
    }
    return refused("bad-signature");
  } catch {
    return refused("store-unavailable");
  }
}

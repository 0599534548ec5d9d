import { type JwsAlgorithm, type ParsedJwt, verifyJws } from "../credential/index.ts";
import type { Issuer, Key, Keyring } from "../keyring/index.ts";
import { type Refused, refused } from "./types.ts";

/** The signer of a token: a key of ours, or an issuer that we know. */
export type Signer = { key: Key } | { issuer: Issuer };

/**
 * Finds the signer of a token and checks its signature: with the keys of the issuer in its `iss`, if
 * we know it, or else with keys of ours. A token with a `kid` is checked with that key alone; without
 * one every key is tried.
 */
export function findSigner(
  jwt: ParsedJwt,
  keyring: Keyring,
): Signer | Refused | Promise<Signer | Refused> {
  const { header, claims } = jwt;
  const issuer = keyring.issuers.find((known) => known.issuer === claims?.iss);
  if (issuer) return verifyByIssuer(jwt, issuer);

  const named = keyring
    .verifyKeys("jwt")
    .filter(({ id }) => header.kid === undefined || header.kid === id);
  if (named.length === 0) return refused("unknown-key");
  let found: Key | undefined;
  for (const key of named) {
    // The algorithm belongs to the key: the header can only repeat it (RFC 8725 section 3.1).
    if (header.alg !== key.algorithm) continue;
    if (verifyJws(key.verification, key.algorithm as JwsAlgorithm, jwt)) found ??= key;
  }
  return found ? { key: found } : refused("bad-signature");
}

async function verifyByIssuer(
  { header, signed, signature }: ParsedJwt,
  issuer: Issuer,
): Promise<Signer | Refused> {
  const { alg } = header;
  if (!issuer.algorithms.some((algorithm) => algorithm === alg)) return refused("bad-signature");
  try {
    // Most programs know no issuer, and start sooner without jose.
    const [{ compactVerify }, keys] = await Promise.all([
      import("./compact-verify.ts"),
      issuer.keys.getKeys(header),
    ]);
    if (keys.length === 0) return refused("unknown-key");
    for (const key of keys) {
      const isSigned = await compactVerify(`${signed}.${signature}`, key, {
        algorithms: [alg],
      }).then(
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

/**
 * The hashes of mojoauth keys. TURN and MojoAuth know `sha1` only; the others are for keys that
 * serve XMPP and SIP.
 */
export const hashes = ["sha1", "sha256", "sha384", "sha512"] as const;

/** One of {@link hashes}. */
export type Hash = (typeof hashes)[number];

/** The JWS algorithms that verify with a secret (RFC 7518 section 3.2). */
export const secretAlgorithms = ["HS256", "HS384", "HS512"] as const;

/** The JWS algorithms that verify with a public key (RFC 7518 section 3.3 to 3.5, RFC 8037). */
export const publicAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

/** The algorithms of jwt keys. `none` is not among them. */
export const jwsAlgorithms = [...secretAlgorithms, ...publicAlgorithms] as const;

/** One of {@link publicAlgorithms}. */
export type PublicAlgorithm = (typeof publicAlgorithms)[number];

/** One of {@link jwsAlgorithms}. */
export type JwsAlgorithm = (typeof jwsAlgorithms)[number];

/** The algorithms of keys. The algorithm belongs to the key, never to the credential. */
export const algorithms = [...hashes, ...jwsAlgorithms] as const;

/** One of {@link algorithms}. */
export type Algorithm = (typeof algorithms)[number];

/** The formats of a credential. */
export const formats = ["mojoauth", "jwt"] as const;

/** One of {@link formats}. */
export type Format = (typeof formats)[number];

/** Whether an algorithm is for mojoauth keys; the others are for jwt keys. */
export function isHash(algorithm: Algorithm): algorithm is Hash {
  return (hashes as readonly string[]).includes(algorithm);
}

/** Whether an algorithm verifies with a public key. */
export function isPublic(algorithm: Algorithm): algorithm is PublicAlgorithm {
  return (publicAlgorithms as readonly string[]).includes(algorithm);
}

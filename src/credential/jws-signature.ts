import { constants, type KeyObject, type SigningOptions, sign, verify } from "node:crypto";
import type { Hash, JwsAlgorithm } from "./algorithms.ts";
import type { ParsedJwt } from "./jws.ts";
import { constantTimeEqual, hmac } from "./mac/hmac.ts";

/** How an algorithm signs a JWS signing input, and checks a signature, which is in base64url. */
interface SignatureScheme {
  sign(key: KeyObject, signed: string): string;
  verify(key: KeyObject, signed: string, signature: string): boolean;
}

const schemes: Record<JwsAlgorithm, SignatureScheme> = {
  HS256: secretScheme("sha256"),
  HS384: secretScheme("sha384"),
  HS512: secretScheme("sha512"),
  RS256: publicScheme("sha256"),
  RS384: publicScheme("sha384"),
  RS512: publicScheme("sha512"),
  PS256: pssScheme("sha256", 32),
  PS384: pssScheme("sha384", 48),
  PS512: pssScheme("sha512", 64),
  ES256: ecdsaScheme("sha256"),
  ES384: ecdsaScheme("sha384"),
  ES512: ecdsaScheme("sha512"),
  EdDSA: publicScheme(null),
};

/**
 * Signs a compact JWS (RFC 7515 section 7.1) with a secret or a private key.
 *
 * @param header - the protected header, whose `alg` is the key's algorithm
 * @see {@link https://www.rfc-editor.org/rfc/rfc7518#section-3}
 */
export function signJws(
  key: KeyObject,
  header: { alg: JwsAlgorithm; typ?: string; kid?: string },
  claims: object,
): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${schemes[header.alg].sign(key, signed)}`;
}

/**
 * Whether a key of ours signed a compact JWS, by the key's own algorithm.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7518#section-3}
 */
export function verifyJws(
  key: KeyObject,
  algorithm: JwsAlgorithm,
  { signed, signature }: Pick<ParsedJwt, "signed" | "signature">,
): boolean {
  try {
    return schemes[algorithm].verify(key, signed, signature);
  } catch {
    return false; // node:crypto throws for some signatures of another kind
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function secretScheme(hash: Hash): SignatureScheme {
  const mac = (key: KeyObject, signed: string) => hmac(key, hash, signed, "base64url");
  return {
    sign: mac,
    verify: (key, signed, signature) => constantTimeEqual(signature, mac(key, signed)),
  };
}

function publicScheme(hash: string | null, options: SigningOptions = {}): SignatureScheme {
  return {
    sign: (key, signed) =>
      sign(hash, Buffer.from(signed), { key, ...options }).toString("base64url"),
    verify: (key, signed, signature) =>
      verify(hash, Buffer.from(signed), { key, ...options }, Buffer.from(signature, "base64url")),
  };
}

/** The salt is as long as the hash (RFC 7518 section 3.5). */
function pssScheme(hash: string, saltLength: number): SignatureScheme {
  return publicScheme(hash, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

/** The signature is two numbers of one length (RFC 7518 section 3.4). */
function ecdsaScheme(hash: string): SignatureScheme {
  return publicScheme(hash, { dsaEncoding: "ieee-p1363" });
}

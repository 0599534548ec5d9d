import { constants, type KeyObject, type SigningOptions, verify } from "node:crypto";
import { type Hash, hmac, isSame, type JwsAlgorithm } from "../credential/index.ts";

/** How an algorithm checks: its hash, and what else there is to say. */
const ways: Record<JwsAlgorithm, Way> = {
  ...{ HS256: secret("sha256"), HS384: secret("sha384"), HS512: secret("sha512") },
  ...{ RS256: pair("sha256"), RS384: pair("sha384"), RS512: pair("sha512") },
  ...{ PS256: pss("sha256", 32), PS384: pss("sha384", 48), PS512: pss("sha512", 64) },
  ...{ ES256: ecdsa("sha256"), ES384: ecdsa("sha384"), ES512: ecdsa("sha512") },
  EdDSA: pair(null),
};

type Way = (key: KeyObject, signed: string, signature: string) => boolean;

/**
 * Whether a key of ours signed a compact JWS, by the key's own algorithm.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7518#section-3}
 */
export function isSignedBy(key: KeyObject, algorithm: JwsAlgorithm, token: string): boolean {
  const dot = token.lastIndexOf(".");
  try {
    return ways[algorithm](key, token.slice(0, dot), token.slice(dot + 1));
  } catch {
    return false; // a signature of another kind may be an error, not a no
  }
}

function secret(hash: Hash): Way {
  return (key, signed, signature) => isSame(signature, hmac(key, hash, signed, "base64url"));
}

function pair(hash: string | null, options: SigningOptions = {}): Way {
  return (key, signed, signature) =>
    verify(hash, Buffer.from(signed), { key, ...options }, Buffer.from(signature, "base64url"));
}

/** The salt is as long as the hash (RFC 7518 section 3.5). */
function pss(hash: string, saltLength: number): Way {
  return pair(hash, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

/** The signature is two numbers of one length (RFC 7518 section 3.4). */
function ecdsa(hash: string): Way {
  return pair(hash, { dsaEncoding: "ieee-p1363" });
}

import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { type Algorithm, isPublic, type PublicAlgorithm } from "../credential/index.ts";
import { MayflyError } from "../error.ts";

/** The key objects of a secret. */
export interface KeyMaterial {
  /** Verifies signatures. */
  verification: KeyObject;
  /** Signs; absent for a public key. */
  signing?: KeyObject;
}

/** The curve or type of key that each algorithm needs (RFC 7518 section 3.1, RFC 8037). */
const kinds: Record<PublicAlgorithm, string> = {
  RS256: "rsa",
  RS384: "rsa",
  RS512: "rsa",
  PS256: "rsa",
  PS384: "rsa",
  PS512: "rsa",
  ES256: "prime256v1",
  ES384: "secp384r1",
  ES512: "secp521r1",
  EdDSA: "ed25519",
};

/** The shortest HMAC secret. The holder of a credential can try shorter ones off line. */
const minSecretBytes = 16;

/**
 * Imports a secret for an algorithm: bytes for an HMAC, a PEM or JWK for a signature.
 *
 * @param options.allowShort - accept an HMAC secret of fewer than 16 bytes
 * @throws {@link MayflyError} `ERR_KEY`, which completes the sentence "key ID: the secret …" and never
 * shows it.
 */
export function importSecret(
  secret: string | Uint8Array,
  algorithm: Algorithm,
  { allowShort = false }: { allowShort?: boolean } = {},
): KeyMaterial {
  const bytes = Buffer.from((secret ?? "") as string); // undefined where an environment variable is not set
  if (bytes.length === 0) throw problem("is empty");
  if (isPublic(algorithm)) return importPair(bytes.toString(), algorithm);
  // A public key is no secret: an HMAC with it could be made by anyone (CVE-2016-5431).
  if (looksLikeKey(bytes.toString())) {
    throw problem(`is a PEM or JWK, which ${algorithm} would use as text: name its own algorithm`);
  }
  if (bytes.length < minSecretBytes && !allowShort) {
    const fix = "mayfly keys add makes a long one, allow_short: true takes this one";
    throw problem(`is shorter than ${minSecretBytes} bytes, and can be guessed: ${fix}`);
  }
  const key = createSecretKey(bytes);
  return { verification: key, signing: key };
}

function importPair(text: string, algorithm: PublicAlgorithm): KeyMaterial {
  const key = parseKey(text, algorithm);
  const verification = key.type === "private" ? createPublicKey(key) : key;
  const details = verification.asymmetricKeyDetails;
  const kind = details?.namedCurve ?? verification.asymmetricKeyType;
  if (kind !== kinds[algorithm]) throw problem(`is a key for ${kind}, not for ${algorithm}`);
  if (details?.modulusLength && details.modulusLength < 2048) {
    throw problem("is an RSA key of less than 2048 bits");
  }
  if (details?.publicExponent && details.publicExponent < 3n) {
    throw problem("is an RSA key whose exponent is 1");
  }
  return key.type === "private" ? { verification, signing: key } : { verification };
}

function parseKey(text: string, algorithm: PublicAlgorithm): KeyObject {
  try {
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return createPrivateKey(text);
    if (text.includes("-----BEGIN ")) return createPublicKey(text);
    const jwk = JSON.parse(text);
    if (!isForSigning(jwk, algorithm)) throw new Error("for another use");
    return "d" in jwk
      ? createPrivateKey({ key: jwk, format: "jwk" })
      : createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    // The cause quotes the text.
    throw problem(`is not a PEM or JWK to sign or verify with by ${algorithm}`);
  }
}

/** Whether a JWK is meant for signing with the algorithm (RFC 7517 sections 4.2 to 4.4). */
function isForSigning(jwk: JsonWebKeyMembers, algorithm: PublicAlgorithm): boolean {
  const { alg = algorithm, use = "sig", key_ops: operations = ["verify"] } = jwk;
  if (alg !== algorithm || use !== "sig") return false;
  return operations.includes("verify") || operations.includes("sign");
}

interface JsonWebKeyMembers {
  alg?: string;
  use?: string;
  key_ops?: string[];
}

function looksLikeKey(text: string): boolean {
  if (text.includes("-----BEGIN ")) return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && ("kty" in value || "keys" in value);
  } catch {
    return false;
  }
}

function problem(what: string): MayflyError {
  return new MayflyError("ERR_KEY", `the secret ${what}`);
}

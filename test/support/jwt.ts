import {
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from "node:crypto";
import { CompactSign } from "jose";
import type { JwsAlgorithm } from "../../src/credential/index.ts";

type Members = Record<string, unknown>;

/** base64url of text or of JSON. */
export function encode(value: string | Members): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString(
    "base64url",
  );
}

/** A token signed by HMAC as told, whatever its header says. */
export function hmacToken(
  secret: string | Buffer,
  header: string | Members,
  payload: string | Members,
): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** A token signed with a private key. */
export function signedToken(key: KeyObject, header: Members, payload: Members): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader(header as { alg: string })
    .sign(key);
}

/** A fresh key pair as PEM, for an algorithm. */
export function pemPair(algorithm: JwsAlgorithm): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generatePair(algorithm);
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

function generatePair(algorithm: JwsAlgorithm): KeyPairKeyObjectResult {
  if (algorithm === "EdDSA") return generateKeyPairSync("ed25519");
  if (!algorithm.startsWith("ES")) return generateKeyPairSync("rsa", { modulusLength: 2048 });
  const curves: Members = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };
  return generateKeyPairSync("ec", { namedCurve: String(curves[algorithm]) });
}

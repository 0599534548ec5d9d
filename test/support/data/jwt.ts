import {
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from "node:crypto";
import { CompactSign } from "jose";
import type { JwsAlgorithm } from "../../../src/credential/index.ts";

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

/** The orders of the curves that ECDSA signs on (FIPS 186-4, D.1.2). */
const orders: Members = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES384:
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  ES512:
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};

/** The same token with the other signature by ECDSA that is as good: `n - s` in place of `s`. */
export function otherSignature(token: string, algorithm: JwsAlgorithm): string {
  const [header, payload, signature = ""] = token.split(".");
  const hex = Buffer.from(signature, "base64url").toString("hex");
  const [r, s] = [hex.slice(0, hex.length / 2), hex.slice(hex.length / 2)];
  const other = ((orders[algorithm] as bigint) - BigInt(`0x${s}`)).toString(16);
  const bytes = Buffer.from(r + other.padStart(s.length, "0"), "hex");
  return `${header}.${payload}.${bytes.toString("base64url")}`;
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

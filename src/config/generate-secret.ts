import { generateKeyPairSync, randomBytes } from "node:crypto";
import { type Algorithm, isPublic, type PublicAlgorithm } from "../credential/index.ts";

const curves: Partial<Record<PublicAlgorithm, string>> = {
  ES256: "P-256",
  ES384: "P-384",
  ES512: "P-521",
};

/**
 * Generates a random secret. For an HMAC: base64 of as many bytes as its hash has, at least 32 (RFC 2104
 * section 3). For a signature: a private key as PKCS #8 PEM.
 */
export function generateSecret(algorithm: Algorithm): string {
  if (isPublic(algorithm)) return generatePrivateKey(algorithm);
  const hash = Number(/\d+$/.exec(algorithm)) / 8;
  return `${randomBytes(Math.max(32, hash)).toString("base64")}\n`;
}

function generatePrivateKey(algorithm: PublicAlgorithm): string {
  const namedCurve = curves[algorithm];
  const { privateKey } =
    algorithm === "EdDSA"
      ? generateKeyPairSync("ed25519")
      : namedCurve === undefined
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : generateKeyPairSync("ec", { namedCurve });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

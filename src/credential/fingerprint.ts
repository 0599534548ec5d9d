import { createHash } from "node:crypto";
import type { ParsedCredential } from "./parse.ts";

/**
 * The name of a credential in the store: a hash of its MAC, of its `iss` and `jti`, or of its signing
 * input. Whoever reads the store cannot log in with it.
 *
 * Never made from a JWS's signature: one by ECDSA has a second value, n - s, that is as valid.
 */
export function fingerprint(presented: ParsedCredential): string {
  if (presented.format === "mojoauth") return hash("mac", presented.mac);
  const { iss, jti } = presented.claims ?? {};
  if (typeof jti !== "string") return hash("jws", presented.signed);
  return hash("jti", JSON.stringify([iss, jti]));
}

/** The name of an opaque token in the store: a hash of it. */
export function opaqueFingerprint(token: string): string {
  return hash("opaque", token);
}

function hash(kind: string, text: string): string {
  return `${kind}:${createHash("sha256").update(text).digest("base64url")}`;
}

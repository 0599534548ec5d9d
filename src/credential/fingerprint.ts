import { createHash } from "node:crypto";
import type { Presented } from "./presented.ts";

/**
 * What a credential is known by where it is revoked or used up: made from its MAC's bytes, or its
 * `iss` and `jti`, never from its spelling; and hashed, so that what is stored opens nothing.
 */
export function fingerprint(presented: Presented): string {
  if (presented.format === "mojoauth") return hash("mac", presented.mac);
  const { iss, jti } = presented.claims ?? {};
  if (typeof jti !== "string") return hash("jws", presented.signature);
  return hash("jti", JSON.stringify([iss, jti]));
}

function hash(kind: string, text: string): string {
  return `${kind}:${createHash("sha256").update(text).digest("base64url")}`;
}

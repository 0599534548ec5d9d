import { hash, timingSafeEqual } from "node:crypto";

import type { Context } from "hono";

/** A shared secret between machines, such as an API key. */
export type Secret = string | Uint8Array;

/** Room to compare secrets in; longer ones are compared by their digests. */
const [left, right] = [Buffer.alloc(512), Buffer.alloc(512)];

/**
 * Whether a secret equals any of those expected. Compares all of them, each in constant time: over the
 * whole room, in which zeros follow the secret, as the comparison needs texts of one length.
 */
export function matchesAny(given: string, expected: readonly Secret[]): boolean {
  let found = false;
  for (const secret of expected) {
    const isIt = isEqual(given, secret) && secret.length > 0;
    found ||= isIt;
  }
  return found;
}

function isEqual(given: string, secret: Secret): boolean {
  const [length, size] = [Buffer.byteLength(given), Buffer.byteLength(secret)];
  if (Math.max(length, size) > left.length) return timingSafeEqual(digest(given), digest(secret));
  left.fill(0).write(given);
  right.fill(0);
  if (typeof secret === "string") right.write(secret);
  else right.set(secret);
  return timingSafeEqual(left, right) && length === size;
}

function digest(secret: Secret): Buffer {
  return hash("sha256", secret, "buffer");
}

/**
 * Parses `Authorization`: a bearer token, or the password of Basic authentication, because some servers can
 * send no other.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617#section-2}
 */
export function authorization(
  c: Context,
): { scheme: "bearer" | "basic"; secret: string } | undefined {
  const match = /^(bearer|basic) +(.+)$/i.exec(c.req.header("authorization") ?? "");
  if (!match?.[1] || !match[2]) return undefined;
  if (match[1].toLowerCase() === "bearer") return { scheme: "bearer", secret: match[2] };
  const pair = Buffer.from(match[2], "base64").toString();
  const colon = pair.indexOf(":");
  return colon === -1 ? undefined : { scheme: "basic", secret: pair.slice(colon + 1) };
}

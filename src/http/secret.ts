import { createHash, timingSafeEqual } from "node:crypto";

/** A password between machines. */
export type Secret = string | Uint8Array;

/** Whether a secret is among those expected. All are compared, each in constant time. */
export function isAmong(given: string, expected: readonly Secret[]): boolean {
  const actual = digest(given);
  let found = false;
  for (const secret of expected) {
    const isIt = timingSafeEqual(actual, digest(secret)) && secret.length > 0;
    found ||= isIt;
  }
  return found;
}

/** Of one length, whatever it is of. */
function digest(secret: Secret): Buffer {
  return createHash("sha256").update(secret).digest();
}

import type { Json } from "./compact.ts";
import type { Reason } from "./reason.ts";

/** How long a credential may live, and how far clocks may differ, in seconds. */
export interface Limits {
  leeway: number;
  maxTtl: number;
}

/**
 * Judges the times of a JWT at `now`, in Unix seconds. `exp` is required; each time that is there
 * must be a number: a string would never expire under a lax comparison.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4}
 */
export function judgeTimes(claims: Json, limits: Limits, now: number): Reason | undefined {
  const { exp, nbf = now, iat = now } = claims;
  if (!isTime(exp) || !isTime(nbf) || !isTime(iat)) return "malformed";
  const { leeway, maxTtl } = limits;
  if (now >= exp + leeway) return "expired";
  if (nbf > now + leeway || iat > now + leeway) return "not-yet-valid";
  // An iat in the past must not stretch the life that is left, nor one of late shorten it.
  return exp - Math.min(iat, now) > maxTtl ? "too-long-lived" : undefined;
}

/** Whether a claim is a point in time. */
export function isTime(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

import type { BareJid } from "../jid/jid.ts";
import type { Json } from "../jws.ts";
import type { Reason } from "../reason.ts";
import type { JitsiContext } from "./jitsi-context.ts";

/** The values that the claims of a token are made from. Times are in Unix seconds. */
export interface ClaimsInput {
  jid: BareJid;
  issuedAt: number;
  expires: number;
  /** The `jti`: unique to this token. */
  tokenId: string;
  issuer?: string | number | undefined;
  audience?: string | undefined;
  subject?: string | undefined;
  room?: string | undefined;
  /** Of a `jitsi` token. */
  context?: JitsiContext | undefined;
  moderator?: boolean | undefined;
}

/** The values that a token's claims must have. */
export interface ExpectedClaims {
  user: string;
  host: string;
  issuer?: string | number;
  audience?: string;
}

/** A profile of JWTs: which claims they have, and how those are validated. */
export interface Profile {
  /** The longest lifetime that the profile allows, in seconds. */
  maxTtl: number;
  /** The value that is missing to mint such a token, as the end of a sentence. */
  missing(grant: ClaimsInput): string | undefined;
  claims(grant: ClaimsInput): Json;
  validate(claims: Json, expected: ExpectedClaims): Reason | undefined;
}

/** Why `iss` is refused; any is accepted where the key has no issuer. */
export function validateIssuer({ iss }: Json, { issuer }: ExpectedClaims): Reason | undefined {
  return issuer === undefined || String(iss) === String(issuer) ? undefined : "wrong-issuer";
}

/** Whether a value is text, and not empty. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The longest lifetime of a credential, and how far clocks may differ, in seconds. */
export interface TimeLimits {
  leeway: number;
  maxTtl: number;
}

/**
 * Why the times of a JWT are refused at `now`, in Unix seconds. `exp` is required; `nbf` and `iat` must
 * be numbers where they are there: a string would never expire under a lax comparison.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4}
 */
export function validateTimes(claims: Json, limits: TimeLimits, now: number): Reason | undefined {
  const { exp, nbf = now, iat = now } = claims;
  if (!isTime(exp) || !isTime(nbf) || !isTime(iat)) return "malformed";
  const { leeway, maxTtl } = limits;
  if (now >= exp + leeway) return "expired";
  if (nbf > now + leeway || iat > now + leeway) return "not-yet-valid";
  // The lifetime counts from iat; from now where iat is ahead, within the leeway.
  return exp - Math.min(iat, now) > maxTtl ? "too-long-lived" : undefined;
}

/** Whether a claim is a NumericDate (RFC 7519 section 2): Unix seconds, maybe with a fraction. */
export function isTime(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

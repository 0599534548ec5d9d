import { type Json, maxTokenBytes, validateTimes } from "../credential/index.ts";
import type { Issuer, Keyring } from "../keyring/index.ts";
import type { Policy } from "../policy.ts";
import { opensHost, userIn, validateIssuerClaims } from "./issuer-claims.ts";
import { linksOf } from "./logout-token.ts";
import { type Refused, refused, type VerifiedCredential, type VerifyRequest } from "./types.ts";

/** A bearer token (RFC 6750 section 2.1), and too long for a password that a user has typed. */
const bearerToken = /^[\w.~+/-]{20,}=*$/;

/**
 * The issuer to ask about a token that is no JWT: the one that has a look-up and opens the host. What cannot
 * be a token is nobody's, so that a mistyped password is not sent anywhere.
 */
export function findOpaqueIssuer(
  token: string,
  host: string,
  keyring: Keyring,
): Issuer | undefined {
  const issuers = keyring.issuers.filter(({ lookup }) => lookup);
  if (issuers.length === 0 || token.length > maxTokenBytes || !bearerToken.test(token)) {
    return undefined;
  }
  return issuers.find((issuer) => opensHost(issuer, host));
}

/**
 * Verifies an opaque token by asking its issuer: it must be active, and its claims those of a JWT of the
 * same issuer. The store is not asked. A token whose issuer tells no `exp` is good for the host's `ttl`.
 */
export async function verifyOpaque(
  issuer: Issuer,
  login: VerifyRequest,
  policy: Policy,
  now: number,
): Promise<VerifiedCredential | Refused> {
  const { host } = login;
  let answer: Json | undefined;
  try {
    answer = await issuer.lookup?.(login.password);
  } catch {
    return refused("store-unavailable");
  }
  if (!answer) return refused("inactive");
  // Userinfo does not say for whom a token is; whoever configures it takes those of every client.
  const { audience = host, isAudienceKnown = true } = issuer;
  const claims: Json = isAudienceKnown ? answer : { ...answer, aud: answer.aud ?? audience };
  const { iss = issuer.issuer, iat } = claims;
  if (iss !== issuer.issuer) return refused("wrong-issuer");
  const named = userIn(claims, issuer, host);
  const user = login.user ?? (typeof named === "string" ? "" : named.localpart);
  // Without `exp`, an old `iat` must not make the token one that lives too long.
  const times = claims.exp === undefined ? { exp: now + policy.ttl } : claims;
  const reason =
    validateTimes(times, policy, now) ?? validateIssuerClaims(issuer, claims, { ...login, user });
  if (reason) return refused(reason);
  const expiresAt = Math.floor(times.exp as number);
  return {
    decision: { ok: true, user, host, expiresAt, key: issuer.issuer, format: "jwt" },
    ...(typeof iat === "number" && { issuedAt: iat }),
    links: linksOf(issuer, claims),
  };
}

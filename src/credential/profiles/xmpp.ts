import type { Json } from "../jws.ts";
import type { Reason } from "../reason.ts";
import { type ClaimsInput, type ExpectedClaims, type Profile, validateIssuer } from "./claims.ts";

const scope = "sasl_auth";

/**
 * The claims of a token to log in to an XMPP server: `sub` and `jid` the bare JID, `aud` the host,
 * `scope` that of ejabberd's own tokens. ejabberd's built-in JWT takes it too, with `jwt_jid_field: jid`.
 */
export const xmppProfile: Profile = {
  maxTtl: Number.POSITIVE_INFINITY,
  missing: () => undefined,
  claims({ jid: { localpart, host }, issuedAt, expires, tokenId, issuer }: ClaimsInput): Json {
    const jid = `${localpart}@${host}`;
    return {
      ...(issuer !== undefined && { iss: issuer }),
      sub: jid,
      jid,
      aud: host,
      iat: issuedAt,
      exp: expires,
      jti: tokenId,
      scope,
    };
  },
  validate(claims: Json, expected: ExpectedClaims): Reason | undefined {
    const { sub, jid = sub, aud, iat } = claims;
    if (typeof sub !== "string" || jid !== sub || iat === undefined) return "malformed";
    return (
      validateIssuer(claims, expected) ??
      validateJid(sub, expected) ??
      (hasAudience(aud, expected.host) ? undefined : "wrong-audience") ??
      (hasScope(claims.scope) ? undefined : "missing-scope")
    );
  },
};

/** Why a bare JID is refused: it is not that of the user and host that are expected. */
export function validateJid(jid: string, { user, host }: ExpectedClaims): Reason | undefined {
  const at = jid.lastIndexOf("@");
  if (jid.slice(0, Math.max(at, 0)) !== user) return "wrong-user";
  return jid.slice(at + 1) === host ? undefined : "wrong-host";
}

/** Whether `aud` holds an audience (RFC 7519 section 4.1.3). */
export function hasAudience(aud: unknown, audience: string): boolean {
  return aud === audience || (Array.isArray(aud) && aud.includes(audience));
}

function hasScope(value: unknown): boolean {
  return typeof value === "string" && value.split(" ").includes(scope);
}

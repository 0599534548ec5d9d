import type { Json } from "./compact.ts";
import { type Expectation, type Grant, judgeIssuer, type Profile } from "./profile.ts";
import type { Reason } from "./reason.ts";

const scope = "sasl_auth";

/**
 * A login at an XMPP server: `sub` and `jid` the bare JID, `aud` the host, `scope` that of ejabberd's
 * own tokens. ejabberd's built-in JWT takes it too, with `jwt_jid_field: jid`.
 */
export const xmppProfile: Profile = {
  maxTtl: Number.POSITIVE_INFINITY,
  lacks: () => undefined,
  claims({ jid: { localpart, host }, issuedAt, expires, tokenId, issuer }: Grant): Json {
    const jid = `${localpart}@${host}`;
    return {
      ...(issuer !== undefined && { iss: issuer }),
      ...{ sub: jid, jid, aud: host, iat: issuedAt, exp: expires, jti: tokenId, scope },
    };
  },
  judge(claims: Json, expected: Expectation): Reason | undefined {
    const { sub, jid = sub, aud, iat } = claims;
    if (typeof sub !== "string" || jid !== sub || iat === undefined) return "malformed";
    return (
      judgeIssuer(claims, expected) ??
      judgeJid(sub, expected) ??
      (hasAudience(aud, expected.host) ? undefined : "wrong-audience") ??
      (hasScope(claims.scope) ? undefined : "missing-scope")
    );
  },
};

/** Whether a bare JID is who wants to log in. */
export function judgeJid(jid: string, { user, host }: Expectation): Reason | undefined {
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

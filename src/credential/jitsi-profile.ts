import type { Json } from "./compact.ts";
import { type Expectation, type Grant, isText, judgeIssuer, type Profile } from "./profile.ts";
import type { Reason } from "./reason.ts";
import { judgeJid } from "./xmpp-profile.ts";

/**
 * A room of a Jitsi Meet server: `iss` its app id, `aud` text (it refuses a list), `sub` the host
 * unless told otherwise, `room` one room or `*` for all; `nbf` and `context` are what its web client insists on.
 *
 * @see {@link https://github.com/jitsi/lib-jitsi-meet/blob/master/doc/tokens.md}
 */
export const jitsiProfile: Profile = {
  maxTtl: Number.POSITIVE_INFINITY,
  lacks: ({ issuer }) => (issuer === undefined ? "an issuer, the app id" : undefined),
  claims({ jid: { localpart, host }, issuedAt, expires, ...grant }: Grant): Json {
    const { issuer, audience = "jitsi", subject = host, room = "*" } = grant;
    return {
      ...{ aud: audience, iss: String(issuer), sub: subject, room },
      ...{ iat: issuedAt, nbf: issuedAt, exp: expires },
      context: { user: { id: `${localpart}@${host}`, name: localpart } },
    };
  },
  judge(claims: Json, expected: Expectation): Reason | undefined {
    const { aud, iss, sub, room, nbf, context } = claims;
    const { id } = (context as { user?: Json } | undefined)?.user ?? {};
    if (!isText(iss) || !isText(sub) || !isText(room) || !isText(id) || nbf === undefined) {
      return "malformed";
    }
    const { host, audience = "jitsi" } = expected;
    return (
      judgeIssuer(claims, expected) ??
      judgeJid(id, expected) ??
      (sub === host || sub === "*" ? undefined : "wrong-host") ??
      (aud === audience ? undefined : "wrong-audience")
    );
  },
};

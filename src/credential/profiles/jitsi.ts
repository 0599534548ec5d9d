import type { Json } from "../jws.ts";
import type { Reason } from "../reason.ts";
import {
  type ClaimsInput,
  type ExpectedClaims,
  isText,
  type Profile,
  validateIssuer,
} from "./claims.ts";
import { jitsiContext } from "./jitsi-context.ts";
import { validateJid } from "./xmpp.ts";

/**
 * The claims of a token for a Jitsi Meet server: `iss` its app id, `aud` text (it refuses a list), `sub`
 * the host by default, `room` one room or `*` for all. Its web client insists on `nbf` and `context`.
 *
 * @see {@link https://github.com/jitsi/lib-jitsi-meet/blob/master/doc/tokens.md}
 */
export const jitsiProfile: Profile = {
  maxTtl: Number.POSITIVE_INFINITY,
  missing: ({ issuer }) => (issuer === undefined ? "an issuer, the app id" : undefined),
  claims({ jid: { localpart, host }, issuedAt, expires, ...grant }: ClaimsInput): Json {
    const { issuer, audience = "jitsi", subject = host, room = "*", context = {} } = grant;
    const { moderator } = grant;
    return {
      aud: audience,
      iss: String(issuer),
      sub: subject,
      room,
      iat: issuedAt,
      nbf: issuedAt,
      exp: expires,
      context: jitsiContext(`${localpart}@${host}`, localpart, context),
      ...(moderator !== undefined && { moderator }),
    };
  },
  validate(claims: Json, expected: ExpectedClaims): Reason | undefined {
    const { aud, iss, sub, room, nbf, context } = claims;
    const { id } = (context as { user?: Json } | undefined)?.user ?? {};
    if (!isText(iss) || !isText(sub) || !isText(room) || !isText(id) || nbf === undefined) {
      return "malformed";
    }
    const { host, audience = "jitsi" } = expected;
    return (
      validateIssuer(claims, expected) ??
      validateJid(id, expected) ??
      (sub === host || sub === "*" ? undefined : "wrong-host") ??
      (aud === audience ? undefined : "wrong-audience")
    );
  },
};

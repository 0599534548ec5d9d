import { randomUUID } from "node:crypto";
import {
  type JwsAlgorithm,
  type MintedCredential,
  maxTokenBytes,
  profiles,
  signJws,
} from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import type { Key } from "../keyring/index.ts";
import type { Identity } from "./identity.ts";
import type { Lifetime, MintRequest } from "./types.ts";

/** Mints a JWT, as a compact JWS (RFC 7515). */
export function mintJwt(
  request: MintRequest,
  { id, localpart, host }: Identity,
  { id: kid, algorithm: alg, signing, issuer = request.issuer }: Key,
  { ttl, expires }: Lifetime,
): MintedCredential {
  const { profile: name = "xmpp", present, audience, subject, room, context, moderator } = request;
  if (present !== undefined) {
    throw new MayflyError("ERR_REQUEST", `a JWT is presented as it is, not as ${present}`);
  }
  const profile = profiles[name];
  const grant = {
    jid: { localpart, host },
    issuedAt: expires - ttl,
    expires,
    tokenId: randomUUID(),
    issuer,
    audience,
    subject,
    room,
    context,
    moderator,
  };
  const lacking = profile.missing(grant);
  if (lacking) throw new MayflyError("ERR_REQUEST", `the ${name} profile needs ${lacking}`);

  // OpenTok's servers know no kid; its SDKs write the header in this order.
  const common = { typ: "JWT", alg: alg as JwsAlgorithm };
  const header = name === "opentok" ? common : { ...common, kid };
  const token = signJws(signing as NonNullable<typeof signing>, header, profile.claims(grant));
  if (token.length > maxTokenBytes) {
    const what = `the token would be longer than ${maxTokenBytes} bytes`;
    throw new MayflyError("ERR_REQUEST", `${what}: give it a shorter context`);
  }
  const minted = { username: localpart, password: token, ttl, expires };
  return id === undefined ? minted : { jid: id, ...minted };
}

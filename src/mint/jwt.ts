import { randomUUID } from "node:crypto";
import { CompactSign } from "jose";
import { type MintedCredential, profiles } from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import type { Key } from "../keyring/index.ts";
import type { Identity } from "./identity.ts";
import type { MintRequest, Times } from "./mint.ts";

/** Mints with a key for JWTs. */
export async function mintJwt(
  { profile: name = "xmpp", present, issuer, audience, subject, room }: MintRequest,
  { id, localpart, host }: Identity,
  { id: kid, algorithm: alg, signing, issuer: iss = issuer }: Key,
  { ttl, expires }: Times,
): Promise<MintedCredential> {
  if (present !== undefined) {
    throw new MayflyError("ERR_REQUEST", `a JWT is presented as it is, not as ${present}`);
  }
  const profile = profiles[name];
  const grant = {
    ...{ jid: { localpart, host }, issuedAt: expires - ttl, expires, tokenId: randomUUID() },
    ...(iss !== undefined && { issuer: iss }),
    ...(audience !== undefined && { audience }),
    ...(subject !== undefined && { subject }),
    ...(room !== undefined && { room }),
  };
  const lacking = profile.lacks(grant);
  if (lacking) throw new MayflyError("ERR_REQUEST", `the ${name} profile needs ${lacking}`);

  // OpenTok's servers know no kid; its SDKs write the header in this order.
  const header = { typ: "JWT", alg, ...(name !== "opentok" && { kid }) };
  const token = await new CompactSign(Buffer.from(JSON.stringify(profile.claims(grant))))
    .setProtectedHeader(header)
    .sign(signing as NonNullable<typeof signing>);
  return { jid: id as string, username: localpart, password: token, ttl, expires };
}

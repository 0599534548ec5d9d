import {
  type Json,
  type JwsHeader,
  judgeTimes,
  type Presented,
  profiles,
  type Reason,
} from "../credential/index.ts";
import { type Key, type Keyring, misfit } from "../keyring/index.ts";
import type { Policy } from "../policy/index.ts";
import { type Decision, refused } from "./decision.ts";
import { judgeForeign } from "./foreign.ts";
import { findSigner } from "./signature.ts";
import type { Login } from "./verify.ts";

type Jwt = Extract<Presented, { format: "jwt" }>;

// Tokens of other types are not for logging in (RFC 8725 section 3.11); access tokens of issuers are.
const ownTypes = ["", "jwt", "xmpp-login+jwt"];
const foreignTypes = ["", "jwt", "at+jwt"];

/** Decides on a JWT. */
export async function verifyJwt(
  jwt: Jwt,
  login: Login,
  keyring: Keyring,
  policy: Policy,
  now: number,
): Promise<Decision> {
  const signer = await findSigner(login.password, jwt, keyring);
  if ("ok" in signer) return signer;
  const { header, claims } = jwt;
  if (!claims) return refused("malformed");

  const profile = profiles[login.profile ?? "xmpp"];
  const maxTtl = Math.min(policy.maxTtl, profile.maxTtl);
  const reason =
    judgeTimes(claims, { leeway: policy.leeway, maxTtl }, now) ??
    ("key" in signer
      ? (judgeType(header, ownTypes) ?? judgeOwn(signer.key, claims, login))
      : (judgeType(header, foreignTypes) ?? judgeForeign(signer.issuer, claims, login)));
  if (reason) return refused(reason);

  const { user, host } = login;
  const key = "key" in signer ? signer.key.id : (header.kid ?? signer.issuer.issuer);
  return { ok: true, user, host, expiresAt: Math.floor(claims.exp as number), key, format: "jwt" };
}

function judgeOwn(key: Key, claims: Json, login: Login): Reason | undefined {
  const { user, host, service = "xmpp", profile = "xmpp", audience } = login;
  const expected = {
    ...{ user, host },
    ...(key.issuer !== undefined && { issuer: key.issuer }),
    ...(audience !== undefined && { audience }),
  };
  return misfit(key, host, service) ?? profiles[profile].judge(claims, expected);
}

function judgeType({ typ = "" }: JwsHeader, types: readonly string[]): Reason | undefined {
  const name = typ.toLowerCase().replace(/^application\//, "");
  return types.includes(name) ? undefined : "wrong-service";
}

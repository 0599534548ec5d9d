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
import { type Proof, type Refused, refused } from "./decision.ts";
import { judgeForeign } from "./foreign.ts";
import { findSigner, type Signer } from "./signature.ts";
import type { Login } from "./verify.ts";

type Jwt = Extract<Presented, { format: "jwt" }>;

// Tokens of other types are not for logging in (RFC 8725 section 3.11); access tokens of issuers are.
const ownTypes = ["", "jwt", "xmpp-login+jwt"];
const foreignTypes = ["", "jwt", "at+jwt"];

/** Decides on a JWT, as far as it tells itself: at once, but for those of issuers. */
export function verifyJwt(
  jwt: Jwt,
  login: Login,
  keyring: Keyring,
  policy: Policy,
  now: number,
): Proof | Refused | Promise<Proof | Refused> {
  const signer = findSigner(login.password, jwt, keyring);
  return signer instanceof Promise
    ? signer.then((signer) => judge(jwt, login, signer, policy, now))
    : judge(jwt, login, signer, policy, now);
}

function judge(
  jwt: Jwt,
  login: Login,
  signer: Signer | Refused,
  policy: Policy,
  now: number,
): Proof | Refused {
  if ("ok" in signer) return signer;
  const { header, claims } = jwt;
  if (!claims) return refused("malformed");
  const { user = ownerIn(claims, signer), host, profile = "xmpp" } = login;
  if (user === undefined) return refused("malformed");

  const maxTtl = Math.min(policy.maxTtl, profiles[profile].maxTtl);
  const named = { ...login, user };
  const reason =
    judgeTimes(claims, { leeway: policy.leeway, maxTtl }, now) ??
    ("key" in signer
      ? (judgeType(header, ownTypes) ?? judgeOwn(signer.key, claims, named))
      : (judgeType(header, foreignTypes) ?? judgeForeign(signer.issuer, claims, named)));
  if (reason) return refused(reason);

  const key = "key" in signer ? signer.key.id : (header.kid ?? signer.issuer.issuer);
  const { exp, iat = (exp as number) - policy.maxTtl } = claims;
  const expiresAt = Math.floor(exp as number);
  return {
    decision: { ok: true, user, host, expiresAt, key, format: "jwt" },
    issuedAt: iat as number,
  };
}

/** The localpart that a token names. */
function ownerIn(claims: Json, signer: Signer): string | undefined {
  const name = claims["issuer" in signer ? (signer.issuer.user ?? "sub") : "sub"];
  return typeof name === "string" && name !== "" ? name.replace(/@[^@]*$/, "") : undefined;
}

function judgeOwn(key: Key, claims: Json, login: Login & { user: string }): Reason | undefined {
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

import {
  type Json,
  type JwsHeader,
  type ParsedCredential,
  profiles,
  type Reason,
  subjectOf,
  validateTimes,
} from "../credential/index.ts";
import { type Key, type Keyring, keyMismatch } from "../keyring/index.ts";
import type { Policy } from "../policy.ts";
import { userIn, validateIssuerClaims } from "./issuer-claims.ts";
import { linksOf } from "./logout-token.ts";
import { findSigner, type Signer } from "./signer.ts";
import { type Refused, refused, type VerifiedCredential, type VerifyRequest } from "./types.ts";

type Jwt = Extract<ParsedCredential, { format: "jwt" }>;

// Tokens of other types are not for logging in (RFC 8725 section 3.11); access tokens of issuers are.
const ownTypes = ["", "jwt", "xmpp-login+jwt"];
const foreignTypes = ["", "jwt", "at+jwt"];

/**
 * Verifies a JWT: its signature, times and claims. The store is not asked. A promise only where an
 * issuer's keys may have to be fetched.
 */
export function verifyJwt(
  jwt: Jwt,
  login: VerifyRequest,
  keyring: Keyring,
  policy: Policy,
  now: number,
): VerifiedCredential | Refused | Promise<VerifiedCredential | Refused> {
  const signer = findSigner(jwt, keyring);
  return signer instanceof Promise
    ? signer.then((found) => validateJwt(jwt, login, found, policy, now))
    : validateJwt(jwt, login, signer, policy, now);
}

function validateJwt(
  jwt: Jwt,
  login: VerifyRequest,
  signer: Signer | Refused,
  policy: Policy,
  now: number,
): VerifiedCredential | Refused {
  if ("ok" in signer) return signer;
  const { header, claims } = jwt;
  if (!claims) return refused("malformed");
  const { host, profile = "xmpp" } = login;
  const user = login.user ?? localpartIn(jwt, claims, signer, host);
  if (user === undefined) return refused("malformed");

  const maxTtl = Math.min(policy.maxTtl, profiles[profile].maxTtl);
  const named = { ...login, user };
  const reason =
    validateTimes(claims, { leeway: policy.leeway, maxTtl }, now) ??
    ("key" in signer
      ? (validateType(header, ownTypes) ?? validateOwnClaims(signer.key, claims, named))
      : (validateType(header, foreignTypes) ?? validateIssuerClaims(signer.issuer, claims, named)));
  if (reason) return refused(reason);

  const key = "key" in signer ? signer.key.id : (header.kid ?? signer.issuer.issuer);
  const { exp, iat } = claims;
  const expiresAt = Math.floor(exp as number);
  return {
    decision: { ok: true, user, host, expiresAt, key, format: "jwt" },
    ...(iat !== undefined && { issuedAt: iat as number }),
    ...("issuer" in signer && { links: linksOf(signer.issuer, claims) }),
  };
}

/** The localpart that a token names: by the settings of its issuer, or by the `sub` of one of ours. */
function localpartIn(jwt: Jwt, claims: Json, signer: Signer, host: string): string | undefined {
  if ("key" in signer) return subjectOf(jwt)?.localpart;
  const named = userIn(claims, signer.issuer, host);
  return typeof named === "string" ? "" : named.localpart; // the reason is given later
}

function validateOwnClaims(
  key: Key,
  claims: Json,
  login: VerifyRequest & { user: string },
): Reason | undefined {
  const { user, host, service = "xmpp", profile = "xmpp", audience } = login;
  const expected = {
    user,
    host,
    ...(key.issuer !== undefined && { issuer: key.issuer }),
    ...(audience !== undefined && { audience }),
  };
  return keyMismatch(key, host, service, profile) ?? profiles[profile].validate(claims, expected);
}

function validateType({ typ = "" }: JwsHeader, types: readonly string[]): Reason | undefined {
  const name = typ.toLowerCase().replace(/^application\//, "");
  return types.includes(name) ? undefined : "wrong-service";
}

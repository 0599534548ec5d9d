import {
  hasAudience,
  type Json,
  localpart,
  prepareHost,
  prepareLocalpart,
  type Reason,
} from "../credential/index.ts";
import type { ClaimValue, Issuer } from "../keyring/index.ts";
import type { VerifyRequest } from "./types.ts";

/**
 * Why the claims of an issuer's token are refused, once its signature is known to be good, or its issuer
 * has said them itself.
 */
export function validateIssuerClaims(
  issuer: Issuer,
  claims: Json,
  login: VerifyRequest & { user: string },
): Reason | undefined {
  const { service = "xmpp", profile = "xmpp", user, host } = login;
  if (service !== "xmpp" || profile !== "xmpp" || !isForLoggingIn(claims)) return "wrong-service";
  if (!isForUs(issuer, claims, host)) return "wrong-audience";
  const named = userIn(claims, issuer, host);
  if (typeof named === "string") return named;
  if (named.host !== host) return "wrong-host";
  if (named.localpart !== user) return "wrong-user";
  if (!opensHost(issuer, host)) return "wrong-host";
  return hasRequired(claims, issuer.require) ? undefined : "missing-claim";
}

/** Whether an issuer's tokens may open a host; where it names none, the token's `aud` has to. */
export function opensHost({ hosts, audience }: Issuer, host: string): boolean {
  if (hosts) return hosts.includes(host);
  return audience === undefined || audience === host;
}

/** Keycloak's own claim, of its access tokens and ID tokens; its refresh and logout tokens have others. */
const loginTypes = ["bearer", "id"];

/**
 * Whether a token may be presented as it is. One that is bound to a key (RFC 7800) is not: XMPP carries no
 * proof of it. Security event and logout tokens (RFC 8417) and refresh tokens are for other uses.
 */
function isForLoggingIn({ cnf, events, typ, token_type, token_use }: Json): boolean {
  if (cnf !== undefined || events !== undefined) return false;
  if (typeof typ === "string" && !loginTypes.includes(typ.toLowerCase())) return false;
  if (typeof token_type === "string" && token_type.toLowerCase() !== "bearer") return false;
  return typeof token_use !== "string" || ["access_token", "access", "id"].includes(token_use);
}

/** Whether a token is for us, and not for another client of its issuer. */
function isForUs({ audience, require }: Issuer, claims: Json, host: string): boolean {
  // What `require` says about the client is checked with the other claims.
  if (audience === undefined && namesClient(require)) return true;
  return hasAudience(claims.aud, audience ?? host);
}

/** Whether an issuer's `require` says which client a token must be of. */
export function namesClient(require: Issuer["require"] = {}): boolean {
  return Object.hasOwn(require, "azp") || Object.hasOwn(require, "client_id");
}

function hasRequired(claims: Json, require: Issuer["require"] = {}): boolean {
  return Object.entries(require).every(([name, wanted]) => {
    const value = claimAt(claims, name);
    const choices: readonly ClaimValue[] = Array.isArray(wanted) ? wanted : [wanted];
    return choices.some((choice) => contains(value, choice, name));
  });
}

/** What some issuers call these claims. */
const otherNames: Readonly<Record<string, string>> = {
  scope: "scp",
  azp: "client_id",
  client_id: "azp",
};

/** A claim by its name, by its other name, or by a path such as `realm_access.roles`. */
function claimAt(claims: Json, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  const other = otherNames[name];
  if (other !== undefined) return ownMember(claims, other);
  return name.split(".").reduce<unknown>(ownMember, claims);
}

function ownMember(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as Json)[name] : undefined;
}

function contains(value: unknown, wanted: ClaimValue, name: string): boolean {
  if (Array.isArray(value)) return value.includes(wanted);
  if (typeof value === "string" && (name === "scope" || name === "scp")) {
    return value.split(" ").includes(String(wanted));
  }
  // Zitadel's roles are the names of members.
  if (typeof value === "object" && value !== null) return Object.hasOwn(value, String(wanted));
  return value === wanted;
}

/**
 * The user that an issuer's token names.
 *
 * @param host - the host to log in on; a claim without a host is good for it
 * @returns the reason to refuse the token, where it names no user
 */
export function userIn(
  claims: Json,
  { user: claim = "sub", name = "prepared", domains = [] }: Issuer,
  host: string,
): { localpart: string; host: string } | Reason {
  const value = claims[claim];
  if (typeof value !== "string" || value === "") return "malformed";
  // An address that the issuer has not checked may be another user's (OpenID Connect Core 5.7).
  if (claim === "email" && claims.email_verified !== true) return "wrong-user";
  const at = value.lastIndexOf("@");
  const before = at === -1 ? value : value.slice(0, at);
  const behind = at === -1 ? host : value.slice(at + 1);
  try {
    switch (name) {
      case "exact":
        return { localpart: before, host: behind };
      case "prepared":
        return { localpart: prepareLocalpart(before), host: prepareHost(behind) };
      case "before-at":
        if (at === -1 || !domains.includes(prepareHost(behind))) return "wrong-user";
        return { localpart: prepareLocalpart(before), host };
      case "escaped":
        return { localpart: localpart(value), host };
    }
  } catch {
    return "wrong-user"; // what no server takes for a localpart
  }
}

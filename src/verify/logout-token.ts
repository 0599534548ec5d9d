import { createHash } from "node:crypto";
import { hasAudience, isTime, type Json, parseCredential } from "../credential/index.ts";
import type { Issuer, Keyring } from "../keyring/index.ts";
import { currentTime } from "../time.ts";
import { opensHost, userIn } from "./issuer-claims.ts";
import { findSigner } from "./signer.ts";

/** A logout token whose signature and claims are good. */
export interface LogoutToken {
  issuer: Issuer;
  /** The name of the token in the store, by which a second use of it is noticed. */
  name: string;
  /** The names under which logins of this user, or of this session at the provider, are kept. */
  links: string[];
  /** The users that its claims name by the rule of the issuer, one for each host. */
  users: { localpart: string; host: string }[];
}

/** Why a logout token is refused; `unavailable` where the keys of its issuer cannot be had. */
export type LogoutRefusal = { refused: string } | "unavailable";

const event = "http://schemas.openid.net/event/backchannel-logout";
const types = ["", "jwt", "logout+jwt"];
/** How old a token may be, in seconds: a provider sends it at once. */
const maxAge = 300;
/** How far a provider's clock may be ahead, in seconds. */
const leeway = 60;

/**
 * Verifies a logout token of an issuer with a `logoutAudience`.
 *
 * @see {@link https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation}
 */
export async function verifyLogoutToken(
  token: string,
  { keyring, now = currentTime() }: { keyring: Keyring; now?: number },
): Promise<LogoutToken | LogoutRefusal> {
  const jwt = parseCredential(token);
  if (jwt?.format !== "jwt" || !jwt.claims) return { refused: "it is not a JWT" };
  const { header, claims } = jwt;
  const issuer = keyring.issuers.find(({ issuer: known }) => known === claims.iss);
  if (issuer?.logoutAudience === undefined) return { refused: "its issuer is not known for it" };
  const signer = await findSigner(jwt, keyring);
  if ("ok" in signer) {
    return signer.reason === "store-unavailable" ? "unavailable" : { refused: signer.reason };
  }
  const wrong =
    wrongType(header.typ) ?? wrongTimes(claims, now) ?? wrongClaims(claims, issuer.logoutAudience);
  if (wrong !== undefined) return { refused: wrong };
  return {
    issuer,
    name: nameOf("jti", issuer.issuer, claims.jti),
    links: linksOf(issuer, claims),
    users: usersOf(issuer, claims),
  };
}

/**
 * The names under which a login is kept, so that a logout token can end it: the issuer with the user, and
 * with the session at the provider. None without a `logoutAudience`.
 */
export function linksOf({ issuer, logoutAudience }: Issuer, { sub, sid }: Json): string[] {
  if (logoutAudience === undefined) return [];
  return [
    ...(typeof sub === "string" ? [nameOf("sub", issuer, sub)] : []),
    ...(typeof sid === "string" ? [nameOf("sid", issuer, sid)] : []),
  ];
}

function nameOf(...parts: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}

function wrongType(typ = ""): string | undefined {
  const isLogout = types.includes(typ.toLowerCase().replace(/^application\//, ""));
  return isLogout ? undefined : "its typ is that of another kind of token";
}

function wrongTimes({ iat, exp }: Json, now: number): string | undefined {
  if (!isTime(iat)) return "it has no iat";
  if (iat > now + leeway) return "its iat is in the future";
  if (iat < now - maxAge) return "it is too old";
  if (exp === undefined) return undefined; // older providers send none
  return isTime(exp) && exp >= now - leeway ? undefined : "it has expired";
}

function wrongClaims({ aud, jti, sub, sid, nonce, events }: Json, audience: string) {
  if (!hasAudience(aud, audience)) return "its aud is another";
  if (typeof jti !== "string" || jti === "") return "it has no jti";
  if (nonce !== undefined) return "it has a nonce, as an ID token";
  const about = typeof events === "object" && events !== null ? (events as Json)[event] : undefined;
  if (typeof about !== "object" || about === null) return "its events are not of a logout";
  const isNamed = [sub, sid].some((it) => typeof it === "string" && it !== "");
  return isNamed ? undefined : "it has neither sub nor sid";
}

/** A claim without a host is good for each of the issuer's hosts. */
function usersOf(issuer: Issuer, claims: Json): LogoutToken["users"] {
  const { hosts = issuer.audience === undefined ? [] : [issuer.audience] } = issuer;
  return hosts.flatMap((host) => {
    const named = userIn(claims, issuer, host);
    if (typeof named === "string" || named.host !== host || !opensHost(issuer, host)) return [];
    return [named];
  });
}

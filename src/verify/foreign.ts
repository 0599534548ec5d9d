import { hasAudience, type Json, type Reason } from "../credential/index.ts";
import type { Issuer } from "../keyring/index.ts";
import type { Login } from "./verify.ts";

/** Judges the claims of an issuer's token, whose signature is good. */
export function judgeForeign(
  issuer: Issuer,
  claims: Json,
  login: Login & { user: string },
): Reason | undefined {
  const { service = "xmpp", profile = "xmpp", user, host } = login;
  if (service !== "xmpp" || profile !== "xmpp") return "wrong-service";
  if (!hasAudience(claims.aud, issuer.audience)) return "wrong-audience";
  const name = claims[issuer.user ?? "sub"];
  if (typeof name !== "string") return "malformed";
  const { hosts = [issuer.audience] } = issuer;
  const id = name.includes("@") ? name : `${name}@${host}`;
  if (id !== `${user}@${host}`) return id.endsWith(`@${host}`) ? "wrong-user" : "wrong-host";
  return hosts.includes(host) ? undefined : "wrong-host";
}

import { type Json, parseBareJid, publicAlgorithms } from "../../../credential/index.ts";
import type { Issuer, KeySet } from "../../../keyring/index.ts";
import { userIn, validateIssuerClaims } from "../../../verify/index.ts";
import type { SignInOptions } from "./options.ts";

/**
 * The provider of a sign-in as an issuer: of ID tokens, whose claims name the users, and of logout tokens,
 * for which its keys are fetched when the first one comes. Its tokens log nobody in to XMPP.
 */
export function createSignInIssuer(options: SignInOptions): Issuer {
  const { issuer, clientId, host, user, name, domains, require } = options;
  let keys: Promise<KeySet> | undefined;
  return {
    issuer,
    keys: {
      async getKeys(header) {
        keys ??= import("../../../keyring/jwks.ts").then((it) => it.discoveredJwks(issuer));
        return (await keys).getKeys(header);
      },
    },
    algorithms: publicAlgorithms,
    audience: clientId,
    logoutAudience: clientId,
    hosts: [host],
    ...(user !== undefined && { user }),
    ...(name !== undefined && { name }),
    ...(domains && { domains }),
    ...(require && { require }),
  };
}

/**
 * The bare JID that the claims of a verified ID token name; `undefined` where they name none of the host's
 * users, or lack a claim that is required.
 */
export function jidOfClaims(claims: Json, issuer: Issuer, host: string): string | undefined {
  const named = userIn(claims, issuer, host);
  if (typeof named === "string") return undefined;
  const { localpart: user } = named;
  if (validateIssuerClaims(issuer, claims, { user, host, password: "" })) return undefined;
  try {
    parseBareJid(`${user}@${host}`);
    return `${user}@${host}`;
  } catch {
    return undefined; // such as Alice, where the claim is taken as it is
  }
}

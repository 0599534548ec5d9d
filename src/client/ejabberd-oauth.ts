import type { MintedCredential } from "../credential/credential.ts";
import { MayflyError } from "../error.ts";

/** Token response of an authorization server (RFC 6749 section 5.1). */
export interface TokenAnswer {
  access_token?: string | null;
  expires_in?: number | string | null;
  error?: string | null;
}

/**
 * Converts a token response to a credential for X-OAUTH2, which expires with the token.
 *
 * @throws {@link MayflyError} `ERR_MINT` if the response has no token
 */
export function credentialOf(
  { access_token: password, expires_in, error }: TokenAnswer,
  jid: string,
): MintedCredential {
  if (!password) throw new MayflyError("ERR_MINT", `no token: ${error}`);
  const ttl = Number(expires_in);
  const expires = Math.floor(Date.now() / 1000) + ttl;
  const username = jid.replace(/@.*/, "");
  return { jid, username, password, mechanism: "X-OAUTH2", ttl, expires };
}

/** Parameters of ejabberd's implicit grant (RFC 6749 section 4.2.1). */
export interface ImplicitGrant {
  /** Such as `https://chat.example.com/oauth/authorization_token`. */
  url: string | URL;
  client_id: string;
  redirect_uri: string;
  /** Unguessable value, such as `crypto.randomUUID()`; keep it in the session to compare it on return. */
  state: string;
}

/**
 * Builds the URL of the page on which the user signs in to ejabberd.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.2.1}
 */
export function authorizationUrl({ url, ...fields }: ImplicitGrant): URL {
  const query = new URLSearchParams({ response_type: "token", scope: "sasl_auth", ...fields });
  return new URL(`?${query}`, url);
}

/**
 * Parses the token from the URL that the user was redirected back to, as a credential for X-OAUTH2. The
 * response is in the fragment, or, from ejabberd, in the query. It does not name the user.
 *
 * @param jid - bare JID of the user who signed in
 * @throws {@link MayflyError} `ERR_MINT` for an error response, or one with another `state`
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.2.2}
 */
export function readRedirect(redirect: string | URL, state: string, jid: string): MintedCredential {
  const { hash, search } = new URL(redirect);
  const answer = new URLSearchParams(hash.slice(1) || search);
  if (!state || answer.get("state") !== state) {
    throw new MayflyError("ERR_MINT", "the redirect has another state");
  }
  return credentialOf(Object.fromEntries(answer), jid);
}

/** Parameters of ejabberd's password grant (RFC 6749 section 4.3). */
export interface PasswordGrant {
  /** Such as `https://chat.example.com/oauth/token`. */
  url: string | URL;
  /** Bare JID of the user. */
  jid: string;
  password: string;
  client_id?: string;
  client_secret?: string;
  /** Lifetime of the token, in seconds. @defaultValue ejabberd's `oauth_expire` */
  ttl?: string;
}

/**
 * Exchanges a password for a token of ejabberd, as a credential for X-OAUTH2:
 * `mayfly({ mint: () => passwordGrant({ url, jid, password }) })`.
 *
 * @throws {@link MayflyError} `ERR_MINT` for every failure, network failures too: ejabberd 23.01 refuses a
 * wrong password by closing the connection, and a wrong password must not be retried
 * @see {@link https://docs.ejabberd.im/developer/ejabberd-api/oauth/}
 */
export async function passwordGrant(grant: PasswordGrant): Promise<MintedCredential> {
  const { url, jid, ...rest } = grant;
  const fields = { grant_type: "password", username: jid, scope: "sasl_auth", ...rest };
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields) })
    .then((response) => response.json() as Promise<TokenAnswer>)
    .catch((cause: Error) => {
      throw new MayflyError("ERR_MINT", `no token: ${cause.message}`, { cause });
    });
  return credentialOf(answer, jid);
}

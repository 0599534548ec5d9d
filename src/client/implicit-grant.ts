import type { MintedCredential } from "../credential/minted.ts";
import { MayflyError } from "../error.ts";
import { credentialOf } from "./oauth-token.ts";

/** Where to send a user for a token, and where ejabberd sends them back to. */
export interface ImplicitGrant {
  /** Such as `https://chat.example.com/oauth/authorization_token`. */
  url: string | URL;
  client_id: string;
  redirect_uri: string;
  /** What nobody can guess: `crypto.randomUUID()`, kept in the session until they are back. */
  state: string;
}

/**
 * The page to open, where the user signs in to ejabberd.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.2.1}
 */
export function authorizationUrl({ url, ...fields }: ImplicitGrant): URL {
  const query = new URLSearchParams({ response_type: "token", scope: "sasl_auth", ...fields });
  return new URL(`?${query}`, url);
}

/**
 * Reads the token from the address that the user came back to, to log in with it by X-OAUTH2. The
 * answer stands in the fragment, and ejabberd's in the query. It does not say who signed in.
 *
 * @param jid - the bare JID of who signed in
 * @throws {@link MayflyError} `ERR_MINT` for an error, or an answer to somebody else's question.
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

import type { MintedCredential } from "../credential/minted.ts";
import { MayflyError } from "../error.ts";
import { credentialOf, type TokenAnswer } from "./oauth-token.ts";

/** Whose token to ask ejabberd for, and where. */
export interface PasswordGrant {
  /** Such as `https://chat.example.com/oauth/token`. */
  url: string | URL;
  /** The bare JID. */
  jid: string;
  password: string;
  client_id?: string;
  client_secret?: string;
  /** How long the token is to live, in seconds. @defaultValue ejabberd's `oauth_expire` */
  ttl?: string;
}

/**
 * Has ejabberd give a token for a password, to log in with it by X-OAUTH2:
 * `mayfly({ mint: () => passwordGrant({ url, jid, password }) })`.
 *
 * @throws {@link MayflyError} `ERR_MINT` whatever fails: a password is not tried again and again, and
 * ejabberd 23.01 refuses a wrong one by closing the connection.
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

import { encodePlain, parsePlain } from "./plain.ts";

/** The message of X-OAUTH2, taken apart. */
export interface XOAuth2Message {
  /** Whom to act for; absent for oneself. */
  authzid?: string;
  /** Whose the token is: a localpart or a bare JID. */
  user: string;
  token: string;
}

/**
 * Spells the one message of X-OAUTH2, that of PLAIN with a token for the password. This is what
 * Google Talk had and ejabberd has; mail servers' XOAUTH2 is another.
 *
 * @throws {@link MayflyError} `ERR_CREDENTIAL` for a field that is empty or has a NUL.
 * @see {@link https://developers.google.com/talk/jep_extensions/oauth}
 */
export function encodeXOAuth2({ user, token, ...authzid }: XOAuth2Message): string {
  return encodePlain({ ...authzid, authcid: user, password: token });
}

/**
 * Takes the message of X-OAUTH2 apart.
 *
 * @returns `undefined` when it does not have its two NULs, a user and a token.
 */
export function parseXOAuth2(message: string): XOAuth2Message | undefined {
  const parsed = parsePlain(message);
  if (!parsed) return undefined;
  const { authcid: user, password: token, ...authzid } = parsed;
  return { ...authzid, user, token };
}

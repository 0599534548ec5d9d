/**
 * The one message of X-OAUTH2 is that of PLAIN, with a token for the password; its username is a
 * localpart or a bare JID. This is what Google Talk had and ejabberd has; mail servers' XOAUTH2 is
 * another.
 *
 * @see {@link https://developers.google.com/talk/jep_extensions/oauth}
 * @module
 */
export { encodePlain as encodeXOAuth2, parsePlain as parseXOAuth2 } from "./plain.ts";

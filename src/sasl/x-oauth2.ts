/**
 * X-OAUTH2, the mechanism of Google Talk and ejabberd. Its message is that of PLAIN, with a token as
 * password and a localpart or a bare JID as username. XOAUTH2 of mail servers is another mechanism.
 *
 * @see {@link https://developers.google.com/talk/jep_extensions/oauth}
 * @module
 */
export { encodePlain as encodeXOAuth2, parsePlain as parseXOAuth2 } from "./plain.ts";

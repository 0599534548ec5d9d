/**
 * Encodes and parses the messages of the SASL mechanisms PLAIN, X-OAUTH2 and OAUTHBEARER, as text before
 * base64. Pure functions, for browsers too.
 *
 * @module
 */
export type { Gs2Header } from "./gs2.ts";
export {
  encodeOAuthBearer,
  encodeOAuthBearerError,
  type OAuthBearerError,
  type OAuthBearerMessage,
  oauthBearerAcknowledgement,
  parseOAuthBearer,
  parseOAuthBearerError,
} from "./oauthbearer.ts";
export { encodePlain, type PlainMessage, parsePlain } from "./plain.ts";
export { encodeXOAuth2, parseXOAuth2 } from "./x-oauth2.ts";

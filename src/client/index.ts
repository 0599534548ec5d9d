/**
 * Logs in to XMPP servers with minted credentials. For browsers and Node, without dependencies.
 *
 * @module
 */
export { type ErrorCode, MayflyError } from "../error.ts";
export type { CredentialSource, MintedCredential } from "./credential-source.ts";
export {
  authorizationUrl,
  type ImplicitGrant,
  type PasswordGrant,
  passwordGrant,
  readRedirect,
} from "./ejabberd-oauth.ts";
export {
  addMechanisms,
  type Login,
  type MechanismFactory,
  mayfly,
  type XmppClient,
} from "./mayfly.ts";
export { type Mechanism, OAuthBearer, XOAuth2 } from "./mechanism.ts";
export { type LoginOptions, type PlainLogin, plainLogin } from "./plain-login.ts";
export type { TokenSource } from "./token-login.ts";

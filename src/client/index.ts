/**
 * Logs in with minted credentials. For browsers and Node; no dependency of its own.
 *
 * @module
 */
export { type ErrorCode, MayflyError } from "../error.ts";
export { authorizationUrl, type ImplicitGrant, readRedirect } from "./implicit-grant.ts";
export { type Login, mayfly } from "./mayfly.ts";
export { type Mechanism, OAuthBearer, XOAuth2 } from "./mechanism.ts";
export { type PasswordGrant, passwordGrant } from "./password-grant.ts";
export { type LoginOptions, type PlainLogin, plainLogin } from "./plain-login.ts";
export type { MintedCredential, Source } from "./source.ts";

/**
 * Logs in with minted credentials. For browsers and Node; no dependency of its own.
 *
 * @module
 */
export { type ErrorCode, MayflyError } from "../error.ts";
export { authorizationUrl, type ImplicitGrant, readRedirect } from "./implicit-grant.ts";
export { type Login, type LoginOptions, mayfly } from "./mayfly.ts";
export { OAuthBearer } from "./oauthbearer.ts";
export { type PasswordGrant, passwordGrant } from "./password-grant.ts";
export type { MintedCredential, Source } from "./source.ts";
export { XOAuth2 } from "./x-oauth2.ts";

/**
 * Logs in with minted credentials. For browsers and Node; no dependency of its own.
 *
 * @module
 */
export { type ErrorCode, MayflyError } from "../error.ts";
export { type Login, mayfly } from "./mayfly.ts";
export { OAuthBearer } from "./oauthbearer.ts";
export type { MintedCredential, Source } from "./source.ts";
export { XOAuth2 } from "./x-oauth2.ts";

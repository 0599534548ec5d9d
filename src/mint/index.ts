/**
 * Mints credentials: a request and a keyring make a username and a password.
 *
 * @module
 */
export { mint } from "./mint.ts";
export { mintForAll } from "./mint-all.ts";
export { type MintOptions, type MintRequest, type Presentation, presentations } from "./types.ts";

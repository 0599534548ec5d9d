/**
 * Keyring and request to a credential.
 *
 * @module
 */
export { MintError, type MintErrorCode, Minter, type MintRequest } from "./minter.ts";

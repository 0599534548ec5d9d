/**
 * Keyring and request to a credential.
 *
 * @module
 */
export {
  type Minting,
  type MintRequest,
  mint,
  type Presenting,
  presentations,
} from "./mint.ts";

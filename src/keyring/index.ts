/**
 * The secrets and public keys that credentials are signed with: their order, their states, and
 * those of other issuers.
 *
 * @module
 */
export type { Issuer } from "./issuer.ts";
export type { KeySet } from "./key-set.ts";
export {
  type Key,
  type KeyInput,
  Keyring,
  type KeyState,
  keyStates,
  type MintingNeed,
  misfit,
} from "./keyring.ts";

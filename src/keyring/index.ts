/**
 * The secrets and public keys that credentials are signed with: their order, their states, and
 * those of other issuers.
 *
 * @module
 */
export { findConflict } from "./conflict.ts";
export {
  type ClaimValue,
  claimForms,
  type Issuer,
  type KeySet,
  type TokenLookup,
} from "./issuer.ts";
export {
  type Key,
  type KeyInput,
  type KeyQuery,
  Keyring,
  type KeyState,
  keyMismatch,
  keyStates,
} from "./keyring.ts";
export { findWeaknesses, type Weakness } from "./weakness.ts";

/**
 * The secrets that credentials are signed with, their order and their states.
 *
 * @module
 */
export {
  type Key,
  type KeyInput,
  Keyring,
  KeyringError,
  type KeyState,
  keyStates,
} from "./keyring.ts";

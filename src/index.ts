/**
 * Short-lived logins: mint them in an app server, verify them anywhere, with nothing but a secret.
 *
 * @module
 */
export type {
  Algorithm,
  Format,
  MintedCredential,
  ProfileName,
  Reason,
  Service,
} from "./credential/index.ts";
export { type ErrorCode, MayflyError } from "./error.ts";
export {
  type Issuer,
  type KeyInput,
  Keyring,
  type KeySet,
  type KeyState,
} from "./keyring/index.ts";
export { type Minting, type MintRequest, mint, type Presenting } from "./mint/index.ts";
export { defaultPolicy, Policies, type Policy } from "./policy/index.ts";
export {
  type Accepted,
  type Decision,
  type Login,
  type Refused,
  type Trust,
  verify,
} from "./verify/index.ts";

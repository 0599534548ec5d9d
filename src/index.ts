/**
 * Mints and verifies short-lived credentials for XMPP, SIP, TURN and Jitsi, with a secret as the only state.
 *
 * @module
 */
export {
  type Algorithm,
  type Format,
  type JitsiContext,
  type Json,
  type JwsHeader,
  type LocalpartOptions,
  localpart,
  type MintedCredential,
  type MojoauthForm,
  type ParsedCredential,
  type ParsedJwt,
  type ProfileName,
  parseCredential,
  type Reason,
  type Service,
} from "./credential/index.ts";
export { type ErrorCode, MayflyError } from "./error.ts";
export {
  type Issuer,
  type KeyInput,
  Keyring,
  type KeySet,
  type KeyState,
} from "./keyring/index.ts";
export { type MintOptions, type MintRequest, mint, type Presentation } from "./mint/index.ts";
export { defaultPolicy, Policies, type Policy } from "./policy.ts";
export {
  type Accepted,
  type Decision,
  type Refused,
  type RevokeCredentialOptions,
  type RevokeUserOptions,
  revokeCredential,
  revokeUser,
  type Trust,
  type VerifyOptions,
  type VerifyRequest,
  verify,
} from "./verify/index.ts";

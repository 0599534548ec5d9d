/**
 * Policy, keyring and store to a decision.
 *
 * @module
 */
export { type AskOptions, askUrl } from "./ask.ts";
export type { Accepted, Decision, Refused } from "./decision.ts";
export { type Revoking, revokeCredential, revokeUser } from "./revoke.ts";
export { type Login, type Trust, userExists, verify } from "./verify.ts";

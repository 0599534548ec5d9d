/**
 * Policy and keyring to a decision.
 *
 * @module
 */
export type { Accepted, Decision, Reason, Refused } from "./decision.ts";
export { type Login, Verifier } from "./verifier.ts";

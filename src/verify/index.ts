/**
 * Policy and keyring to a decision.
 *
 * @module
 */
export type { Accepted, Decision, Refused } from "./decision.ts";
export { type Login, type Trust, userExists, verify } from "./verify.ts";

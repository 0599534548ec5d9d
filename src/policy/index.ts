/**
 * What each host asks of credentials, when they are minted and when they are verified.
 *
 * @module
 */
export { defaultPolicy, Policies, type Policy } from "./policies.ts";

/**
 * Checks of a server that people log in to: as a client, over a small XMPP stream of its own, and in
 * what its configuration says. Nobody is spoken to but the server that is named.
 *
 * @module
 */
export { type Account, findAccount } from "./account.ts";
export { type EjabberdFile, readEjabberd } from "./ejabberd-file.ts";
export { type Examination, examine, type Report } from "./examine.ts";
export type { Code, Finding, Kind, Severity } from "./finding.ts";
export { readProsody } from "./prosody-file.ts";
export { type OpenSecret, secretsReadable } from "./secrets-readable.ts";
export { type SelfTest, selfTest } from "./self-test.ts";
export { parseTarget, type Target } from "./target.ts";

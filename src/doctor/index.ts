/**
 * Checks of an XMPP server: as a client, over a small XMPP stream of its own, and in the server's
 * configuration files. It contacts only the server that is named.
 *
 * @module
 */
export { type Account, findAccount } from "./account.ts";
export type { Kind, Severity } from "./findings/catalog.ts";
export {
  type Code,
  configWritable,
  type Finding,
  finding,
  type OpenSecret,
  secretsReadable,
} from "./findings/finding.ts";
export { scramOff } from "./findings/scram-off.ts";
export { weakKeys } from "./findings/weak-keys.ts";
export { type SelfTest, selfTest } from "./program/self-test.ts";
export { type DoctorOptions, type DoctorReport, runDoctor } from "./run.ts";
export { type EjabberdFile, readEjabberd } from "./server-config/ejabberd.ts";
export { readProsody } from "./server-config/prosody.ts";
export { standAlone, type Wanted } from "./server-config/stand-alone.ts";
export { isLoopback, realAddress } from "./server-log.ts";
export { parseTarget, type Target } from "./xmpp/target.ts";

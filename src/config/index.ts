/**
 * `mayfly.yml`: its schema, where it is found, and what it refers to.
 *
 * @module
 */
export { parseDuration } from "./duration.ts";
export { type Companion, KeyFile } from "./edit.ts";
export { type Fresh, planFresh, writeFresh } from "./fresh.ts";
export { fileOf, type KeyEntry } from "./key-list.ts";
export {
  type Config,
  type HostConfig,
  type HttpConfig,
  type IssuerConfig,
  isConfigured,
  type LogConfig,
  loadConfig,
} from "./load.ts";
export { newSecret } from "./new-key.ts";

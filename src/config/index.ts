/**
 * `mayfly.yml`: its schema, where it is found, and what it refers to.
 *
 * @module
 */
export { parseDuration } from "./duration.ts";
export { ConfigError } from "./error.ts";
export { type Config, loadConfig } from "./load.ts";

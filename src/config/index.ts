/**
 * Configuration: finds, parses, validates and edits `mayfly.yml`, and resolves the files it refers to.
 *
 * @module
 */
export { parseDuration } from "./duration.ts";
export { KeyFile, type KeyFileAttachment } from "./edit/key-file.ts";
export { fileOf, type KeyEntry } from "./edit/key-list.ts";
export { generateSecret } from "./generate-secret.ts";
export { type InitPlan, planInit, writeInit } from "./init.ts";
export { isConfigured, loadConfig } from "./load.ts";
export { writableByAll } from "./owner.ts";
export { resolveSecret } from "./secrets.ts";
export type {
  Config,
  FeedConfig,
  HostConfig,
  HttpConfig,
  IssuerConfig,
  LogConfig,
} from "./types.ts";

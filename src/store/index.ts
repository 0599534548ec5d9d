/**
 * What is remembered beyond keys: revoked credentials, credentials already used, users seen. One
 * interface over memory, LMDB and Redis.
 *
 * @module
 */
export { openStore } from "./open.ts";
export type { Known, Store } from "./store.ts";

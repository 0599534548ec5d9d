/**
 * Stores for what keys alone cannot tell: revoked credentials, used credentials, users seen. One
 * interface over memory, LMDB and Redis.
 *
 * @module
 */
export type { Feed, FeedEvent, FeedItem, Notice } from "./feed.ts";
export { openStore } from "./open.ts";
export type { RevocationStatus, Store, UserRevocation } from "./store.ts";

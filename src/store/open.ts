import { MayflyError } from "../error.ts";
import type { Store } from "./store.ts";

/**
 * Opens a store. LMDB and Redis are spoken to when the first call needs them, and begun anew by a
 * later call after they have failed.
 *
 * @param url - `memory`, `lmdb:DIR`, or `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`; with TLS
 * `rediss://`
 * @throws {@link MayflyError} `ERR_CONFIG` for anything else.
 */
export async function openStore(url: string): Promise<Store> {
  if (url === "memory") return (await import("./memory.ts")).memoryStore();
  const folder = /^lmdb:(.+)$/s.exec(url)?.[1];
  if (folder !== undefined) return (await import("./lmdb.ts")).lmdbStore(folder);
  if (/^rediss?:/.test(url)) return (await import("./redis.ts")).redisStore(url);
  // What was written is left out: it may hold a password.
  throw new MayflyError(
    "ERR_CONFIG",
    "must be memory, lmdb:DIR, redis://HOST:PORT or rediss://HOST:PORT",
  );
}

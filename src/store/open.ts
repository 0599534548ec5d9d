import { MayflyError } from "../error.ts";
import type { Store } from "./store.ts";

/**
 * Opens a store. LMDB and Redis are connected by the first call that needs them, and again by a later
 * call after a failure.
 *
 * @param url - `memory`, `lmdb:DIR`, or `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`; with TLS
 * `rediss://`
 * @throws {@link MayflyError} `ERR_CONFIG` for anything else
 *
 * @example
 * ```ts
 * import { verify } from "mayfly";
 * import { openStore } from "mayfly/store";
 *
 * const store = await openStore("lmdb:/var/lib/mayfly");
 * const decision = await verify({ user, host, password }, { keyring, store });
 * ```
 */
export async function openStore(url: string): Promise<Store> {
  if (url === "memory") return (await import("./memory.ts")).memoryStore();
  const folder = /^lmdb:(.+)$/s.exec(url)?.[1];
  if (folder !== undefined) return (await import("./lmdb.ts")).lmdbStore(folder);
  if (/^rediss?:/.test(url)) return (await import("./redis.ts")).redisStore(url);
  // The message leaves the URL out: it may hold a password.
  throw new MayflyError(
    "ERR_CONFIG",
    "must be memory, lmdb:DIR, redis://HOST:PORT or rediss://HOST:PORT",
  );
}

import { join } from "node:path";
import { openBuilt } from "../../test/support/cli/build.ts";
import { isInstalled } from "../../test/support/machine/debian.ts";
import { startRedis } from "../../test/support/servers/redis.ts";
import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import { turns } from "../turns.ts";

/** What it takes to ask a store what it knows against a credential. */
export async function lookups({ folder, effort }: Bench): Promise<Comparison[]> {
  const redis = isInstalled("redis") ? await startRedis() : undefined;
  const stores = {
    memory: await openBuilt("memory"),
    LMDB: await openBuilt(`lmdb:${join(folder, "lookups")}`),
    ...(redis && { Redis: await openBuilt(redis.url) }),
  };
  let number = 0;
  const act = Object.fromEntries(
    Object.entries(stores).flatMap(([name, store]) => [
      [name, () => store.getStatus(`mac:${number++}`, `user${number}@example.org`)],
      [
        `${name}, 32 at once`,
        () =>
          Promise.all(
            Array.from({ length: 32 }, () =>
              store.getStatus(`mac:${number++}`, "alice@example.org"),
            ),
          ),
      ],
    ]),
  );
  try {
    const samples = await turns(act, 20 * effort, 50);
    return [compare("A look-up in a store", "µs", samples)];
  } finally {
    for (const store of Object.values(stores)) await store.close();
    await redis?.stop();
  }
}

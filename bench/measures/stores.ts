import { homedir } from "node:os";
import { join } from "node:path";
import { isInstalled } from "../../test/support/machine/debian.ts";
import { startRedis } from "../../test/support/servers/redis.ts";
import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import { fillLmdb } from "../fill.ts";
import { configure, keys, npm, requestsFor } from "../fixtures.ts";

/** What a store costs, and what it costs once much is revoked. */
export async function stores({
  driver,
  folder,
  effort,
  revocations,
  say,
}: Bench): Promise<Comparison[]> {
  const requests = await requestsFor(keys.mojoauth);
  const program = (name: string, store?: string) => ({
    name,
    command:
      npm +
      configure(folder, name.replace(/\W+/g, "-"), {
        keys: [keys.mojoauth],
        ...(store && { store }),
      }),
    requests,
  });
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mayfly", "bench");
  const full = [...new Set([Math.min(1_000_000, revocations), revocations])];
  for (const many of full) {
    say(`filling LMDB with ${many} revocations, once`);
    await fillLmdb(join(cache, `revocations-${many}`), many, say);
  }
  const redis = isInstalled("redis") ? await startRedis() : undefined;
  if (!redis) say("Redis is left out: it is not installed");
  try {
    const { wall, cpu } = driver.turns(
      [
        program("LMDB, empty", `lmdb:${join(folder, "empty")}`),
        ...full.map((many) =>
          program(`LMDB, ${many} revocations`, `lmdb:${join(cache, `revocations-${many}`)}`),
        ),
        program("no store"),
        program("memory", "memory"),
        ...(redis ? [program("Redis", redis.url)] : []),
      ],
      { rounds: 20 * effort, batch: 300 },
    );
    const aims = Object.fromEntries(full.map((many) => [`LMDB, ${many} revocations`, 1.3]));
    return [
      compare("Round trip by store", "µs", wall, aims),
      compare("Processor time of that request, with LMDB's process", "µs", cpu, aims),
    ];
  } finally {
    await redis?.stop();
  }
}

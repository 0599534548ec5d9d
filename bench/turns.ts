import type { Samples } from "./comparison.ts";

/** Does several things by turns in this process: the microseconds that each takes, in each round. */
export async function turns(
  things: Readonly<Record<string, () => unknown>>,
  rounds: number,
  batch: number,
): Promise<Samples> {
  const samples = new Map(Object.keys(things).map((name) => [name, [] as number[]]));
  for (let round = -rounds; round < rounds; round++) {
    for (const [name, act] of Object.entries(things)) {
      const started = performance.now();
      for (let time = 0; time < batch; time++) {
        const done = act();
        if (done instanceof Promise) await done;
      }
      const taken = ((performance.now() - started) * 1000) / batch;
      if (round >= 0) samples.get(name)?.push(taken); // before, it was compiled
    }
  }
  return samples;
}

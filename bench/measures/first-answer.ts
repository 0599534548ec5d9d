import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import { configure, keys, npm, requestsFor, script, single } from "../fixtures.ts";

/** From the start of a program to its first answer. */
export async function firstAnswer({ driver, folder, effort }: Bench): Promise<Comparison[]> {
  const requests = await requestsFor(keys.mojoauth);
  const logs = configure(folder, "first", { keys: [keys.mojoauth] });
  const { wall, cpu } = driver.first(
    [
      { name: "node -e 0", command: `'${process.execPath}' --eval 0`, requests },
      { name: "our file", command: single + logs, requests },
      { name: "mayfly extauth", command: npm + logs, requests },
      { name: "plain Python", command: script("/usr/bin/python3", "extauth.py"), requests },
      { name: "plain Perl", command: script("/usr/bin/perl", "extauth.pl"), requests },
    ],
    15 * effort,
  );
  const aims = { "our file": 1.6 };
  return [
    compare("First answer", "µs", wall, aims),
    compare("Processor time to the first answer", "µs", cpu, aims),
  ];
}

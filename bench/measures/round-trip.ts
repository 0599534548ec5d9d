import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import type { Asked } from "../driver.ts";
import { configure, keys, npm, requestsFor, script, single } from "../fixtures.ts";
import { xcauth } from "../xcauth.ts";

const withLog = "C that accepts all, with log";

/** One request after the other, as ejabberd asks. */
export async function roundTrip({ driver, effort, ...bench }: Bench): Promise<Comparison[]> {
  const { wall, cpu } = driver.turns(await contestants({ driver, effort, ...bench }), {
    rounds: 30 * effort,
  });
  return [
    compare("Round trip of a request", "µs", wall),
    compare("Round trip with a line in a log", "µs", wall, { "our file": 2.1 }, withLog),
    compare(
      "Round trip of a request, against the scripts",
      "µs",
      wall,
      { "our file, no log": 1 },
      "plain Python",
    ),
    ...(wall.has("xcauth")
      ? [
          compare(
            "Round trip of a request, against xcauth",
            "µs",
            wall,
            { "our file": 0.25 },
            "xcauth",
          ),
        ]
      : []),
    compare("Processor time of that request", "µs", cpu),
  ];
}

/** 32 requests at once: what the program can do where nobody waits. */
export async function throughput({ driver, effort, ...bench }: Bench): Promise<Comparison[]> {
  const { wall } = driver.turns(await contestants({ driver, effort, ...bench }), {
    rounds: 30 * effort,
    batch: 3200,
    window: 32,
  });
  return [compare("A request among 32 that are sent at once", "µs", wall)];
}

async function contestants({ driver, folder, say }: Bench): Promise<Asked[]> {
  const requests = await requestsFor(keys.mojoauth);
  const logs = configure(folder, "logs", { keys: [keys.mojoauth] });
  const quiet = configure(folder, "quiet", { keys: [keys.mojoauth], log: { level: "warn" } });
  return [
    { name: "C that accepts all", command: driver.floor, requests },
    { name: withLog, command: `${driver.floor} ${join(folder, "c.log")}`, requests },
    { name: "plain Python", command: script("/usr/bin/python3", "extauth.py"), requests },
    {
      name: "plain Python, with log",
      command: script("/usr/bin/python3", "extauth.py", join(folder, "python.log")),
      requests,
    },
    { name: "plain Perl", command: script("/usr/bin/perl", "extauth.pl"), requests },
    { name: "plain Node", command: script(process.execPath, "extauth.mjs"), requests },
    { name: "our file", command: single + logs, requests },
    { name: "our file, no log", command: single + quiet, requests },
    { name: "mayfly extauth", command: npm + logs, requests },
    ...xcauth(folder, say),
  ];
}

import { join } from "node:path";
import { isInstalled } from "../../test/support/machine/debian.ts";
import type { Bench } from "../bench.ts";
import { type Comparison, compare, quantile } from "../comparison.ts";
import type { Asked, Times } from "../driver.ts";
import { configure, keys, main, requestsFor, script, single } from "../fixtures.ts";

const base = "plain Python, with log";
/** How long the driver computes between two requests, in milliseconds: short, and long enough to look around. */
const pauses = [3, 15];

/** One request at a time to a program that sleeps between them while others use the caches. */
export async function woken({ driver, effort, ...bench }: Bench): Promise<Comparison[]> {
  const programs = await contestants({ driver, effort, ...bench });
  return pauses.flatMap((pauseMs) => {
    const times = driver.woken(programs, { rounds: 60 * effort, batch: 4, pauseMs });
    return comparisons(times, `after ${pauseMs} ms`);
  });
}

function comparisons({ wall, cpu }: Times, when: string): Comparison[] {
  const late = new Map([...wall].map(([name, values]) => [name, [quantile(values, 0.99)]]));
  return [
    compare(`Processor time of a request ${when}`, "µs", cpu, { "our file": 0.75 }, base),
    compare(`Time to the answer ${when}`, "µs", wall, {}, base),
    compare(`The same, of 99 in 100`, "µs", late, {}, base),
  ];
}

async function contestants({ driver, folder, say }: Bench): Promise<Asked[]> {
  const requests = await requestsFor(keys.mojoauth);
  const logs = configure(folder, "woken", { keys: [keys.mojoauth] });
  const quiet = configure(folder, "woken-quiet", {
    keys: [keys.mojoauth],
    log: { level: "warn" },
  });
  const programs = [
    { name: "C that accepts all", command: driver.floor },
    { name: "the same, with log", command: `${driver.floor} ${join(folder, "c.log")}` },
    { name: "plain Python", command: script("/usr/bin/python3", "extauth.py") },
    { name: base, command: script("/usr/bin/python3", "extauth.py", join(folder, "py.log")) },
    { name: "plain Node", command: script(process.execPath, "extauth.mjs") },
    {
      name: "plain Node, with log",
      command: script(process.execPath, "extauth.mjs", join(folder, "node.log")),
    },
    { name: "our file, no log", command: single + quiet },
    { name: "our file", command: single + logs },
  ];
  if (isInstalled("socat")) {
    programs.push({ name: "mayfly serve, and a relay", command: relayed(folder, logs) });
  } else {
    say("the relay is left out: socat is not installed");
  }
  return programs.map((program) => ({ ...program, requests }));
}

/** The command of a relay to a `mayfly serve` that it starts, so that both are measured. */
function relayed(folder: string, logs: string): string {
  const socket = join(folder, "woken.sock");
  const listen = `--listen 127.0.0.1:0 --extauth unix:${socket}`;
  const serve = `setpriv --pdeathsig KILL ${main} serve ${listen}${logs} </dev/null >/dev/null 2>&1`;
  const wait = `until [ -S ${socket} ]; do sleep 0.1; done`;
  return `sh -c "rm -f ${socket}; ${serve} & ${wait}; exec socat STDIO UNIX-CONNECT:${socket}"`;
}

import { rmSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { parseArgs } from "node:util";
import type { Measure } from "./bench.ts";
import { type Comparison, isKept } from "./comparison.ts";
import { compileDriver, haveCompiler, makeFolder } from "./driver.ts";
import { algorithms } from "./measures/algorithms.ts";
import { checks } from "./measures/checks.ts";
import { ejabberd } from "./measures/ejabberd.ts";
import { firstAnswer } from "./measures/first-answer.ts";
import { http } from "./measures/http.ts";
import { httpLoad } from "./measures/http-load.ts";
import { lookups } from "./measures/lookups.ts";
import { memory } from "./measures/memory.ts";
import { prosody } from "./measures/prosody.ts";
import { roundTrip, throughput } from "./measures/round-trip.ts";
import { stores } from "./measures/stores.ts";
import { woken } from "./measures/woken.ts";
import { wokenInEjabberd } from "./measures/woken-in-ejabberd.ts";
import { table } from "./table.ts";

const measures: Record<string, Measure> = {
  woken,
  "woken-in-ejabberd": wokenInEjabberd,
  "round-trip": roundTrip,
  throughput,
  algorithms,
  stores,
  "first-answer": firstAnswer,
  memory,
  checks,
  lookups,
  http,
  "http-load": httpLoad,
  ejabberd,
  prosody,
};

const help = `npm run bench -- [options]     measures Mayfly beside others, by turns; ratios count, not times

  --only NAME         one of ${Object.keys(measures).join(", ")}; again for more
  --json FILE         writes the results there, too
  --effort N          N times as many rounds
  --revocations N     how many there are in the fullest LMDB (default 1000000; 10 million take
                      about ten minutes and 4 GB once, in ~/.cache/mayfly/bench)

$XCAUTH is the path of an xcauth.py to measure beside ours. Needs cc and taskset; the servers of the tests
are left out where they are not installed. Build first: npm run build.`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: Object.keys(measures) },
    json: { type: "string" },
    effort: { type: "string", default: "1" },
    revocations: { type: "string", default: "1000000" },
  },
});
const unknown = values.only.find((name) => !(name in measures));
if (values.help) say(help);
else if (unknown) fail(`there is no measure ${unknown}; see --help`);
else if (!haveCompiler) fail("there is no C compiler: sudo apt-get install gcc libc6-dev");
else await run();

async function run(): Promise<void> {
  const folder = makeFolder();
  const processors = cpus();
  const machine = {
    processor: processors[0]?.model,
    processors: processors.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: `Linux ${release()}`,
    node: process.version,
  };
  say(Object.values(machine).join(", "));
  const results: Comparison[] = [];
  try {
    const driver = compileDriver(folder);
    const [effort, revocations] = [Number(values.effort), Number(values.revocations)];
    for (const name of values.only) {
      const measured = await measures[name]?.({ driver, folder, effort, revocations, say });
      for (const comparison of measured ?? []) {
        say(table(comparison));
        results.push(comparison);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (values.json) writeFileSync(values.json, JSON.stringify({ machine, results }, undefined, 2));
  const missed = results.flatMap((it) => it.rows.filter((row) => isKept(it, row) === false));
  say(
    missed.length === 0
      ? "\nEvery aim is met."
      : `\nNot met: ${missed.map(({ name }) => name).join("; ")}`,
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
  process.exitCode = 2;
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { frame } from "../../test/support/data/frames.ts";
import { until } from "../../test/support/until.ts";
import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import { configure, idle, keys, main, npm, requestsFor, single } from "../fixtures.ts";

const pool = 16;

/** Resident memory of one program, and what two kinds of pool share out between them. */
export async function memory({ folder, effort }: Bench): Promise<Comparison[]> {
  const logs = configure(folder, "memory", { keys: [keys.mojoauth] });
  const requests = (await requestsFor(keys.mojoauth)).map(frame);
  const one = new Map<string, number[]>();
  const many = new Map<string, number[]>();

  for (let round = 0; round < 3 * effort; round++) {
    keep(one, "idle node", await withPrograms([idle], (all) => sum(all, "VmRSS")));
    for (const [name, command] of [
      ["our file", single],
      ["mayfly extauth", npm],
    ] as const) {
      for (const [after, times] of [
        ["100", 1],
        ["100000", 1000],
      ] as const) {
        keep(
          one,
          `${name}, after ${after} requests`,
          await withPrograms([command + logs], async (all) => {
            for (let time = 0; time < times; time++) await ask(all[0] as ChildProcess, requests);
            return sum(all, "VmRSS");
          }),
        );
      }
    }
    const programs = Array<string>(pool).fill(npm + logs);
    keep(many, `${pool} programs`, await askedOnce(programs));
    const socket = join(folder, "relayed.sock");
    const serve = `${main} serve --listen 127.0.0.1:0 --extauth 'unix:${socket}'${logs}`;
    const relays = Array<string>(pool).fill(`socat STDIO 'UNIX-CONNECT:${socket}'`);
    keep(
      many,
      `one mayfly serve, ${pool} relays`,
      await withPrograms([serve], async ([server]) => {
        await until(() => isListening(socket));
        return askedOnce(relays, server);
      }),
    );
  }
  return [
    compare("Resident memory of one program", "MB", one, { "our file, after 100 requests": 1.25 }),
    compare("Memory of a pool, what is shared counted once", "MB", many, {
      [`one mayfly serve, ${pool} relays`]: 0.25,
    }),
  ];

  /** What programs share out between them once each has answered. */
  function askedOnce(commands: string[], beside?: ChildProcess): Promise<number> {
    return withPrograms(commands, async (all) => {
      for (const child of all) await ask(child, requests);
      return sum(beside ? [...all, beside] : all, "Pss");
    });
  }
}

function keep(samples: Map<string, number[]>, name: string, value: number): void {
  samples.set(name, [...(samples.get(name) ?? []), value]);
}

async function withPrograms<T>(
  commands: readonly string[],
  use: (all: ChildProcess[]) => T | Promise<T>,
): Promise<T> {
  const all = commands.map((command) =>
    spawn("setpriv", ["--pdeathsig", "KILL", "sh", "-c", `exec ${command}`], {
      stdio: ["pipe", "pipe", "ignore"],
    }),
  );
  try {
    // A program that is asked nothing has to start all the same.
    await until(() => all.every(({ pid }) => resident(Number(pid)) > 1));
    await new Promise((done) => setTimeout(done, 500));
    return await use(all);
  } finally {
    for (const child of all) child.kill("SIGKILL");
    await Promise.all(
      all.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")),
    );
  }
}

/** Asks all of these at once, and waits for the answers. */
async function ask(child: ChildProcess, requests: readonly Buffer[]): Promise<void> {
  let expected = 4 * requests.length;
  child.stdin?.write(Buffer.concat(requests));
  while (expected > 0) {
    const [answer] = (await once(child.stdout as NodeJS.EventEmitter, "data")) as [Buffer];
    expected -= answer.length;
  }
}

/** Megabytes. */
function sum(all: readonly ChildProcess[], what: "VmRSS" | "Pss"): number {
  return all.reduce((total, { pid }) => {
    if (what === "VmRSS") return total + resident(Number(pid));
    return total + field(`/proc/${pid}/smaps_rollup`, "Pss");
  }, 0);
}

function resident(pid: number): number {
  return field(`/proc/${pid}/status`, "VmRSS");
}

function field(file: string, name: string): number {
  const [, kilobytes] =
    new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(file, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

function isListening(path: string): boolean {
  return readFileSync("/proc/net/unix", "utf8").includes(path);
}

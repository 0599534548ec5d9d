import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Samples } from "./comparison.ts";

/** A program to ask. */
export interface Asked {
  name: string;
  /** For the shell. */
  command: string;
  /** What it is asked, round and round: it must say yes to each. */
  requests: readonly string[];
}

/** Microseconds on the clock, and of the processor. */
export interface Times {
  wall: Samples;
  cpu: Samples;
}

/** The driver and the floor, as they were compiled; both in C, so that they take no time themselves. */
export interface Driver {
  /** The command of the program that says yes without a look. */
  floor: string;
  /** The time of a request, in each round. */
  turns(
    programs: readonly Asked[],
    how?: { rounds?: number; batch?: number; window?: number },
  ): Times;
  /**
   * The time of each request to a program that wakes for it to cold caches, and of the processor all
   * that it uses until the next.
   */
  woken(
    programs: readonly Asked[],
    how?: { rounds?: number; batch?: number; pauseMs?: number },
  ): Times;
  /** The time to the first answer, or to the end of a program that gives none. */
  first(programs: readonly Asked[], rounds: number): Times;
}

// The first has more interrupts to serve.
const lastCore = String(cpus().length - 1);

/** Whether there is a compiler. */
export const haveCompiler: boolean = spawnSync("cc", ["--version"]).status === 0;

/** Compiles the driver into a folder. It runs on one processor, with what it starts. */
export function compileDriver(folder: string): Driver {
  const [driver, floor] = ["driver", "accept"].map((name) => {
    const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
    execFileSync("cc", ["-O2", "-o", join(folder, name), source]);
    return join(folder, name);
  }) as [string, string];

  return {
    floor,
    turns: (programs, { rounds = 30, batch = 2000, window = 1 } = {}) =>
      run(["turns", rounds, batch, window], programs),
    woken: (programs, { rounds = 20, batch = 20, pauseMs = 3 } = {}) =>
      run(["woken", rounds, batch, 1000 * pauseMs], programs),
    first: (programs, rounds) => run(["first", rounds], programs),
  };

  function run(how: readonly (string | number)[], programs: readonly Asked[]): Times {
    const asked = mkdtempSync(join(folder, "requests-"));
    const words = programs.flatMap(({ name, command, requests }, index) => {
      const file = join(asked, String(index));
      writeFileSync(file, Buffer.concat(requests.map(frame)));
      return [name, file, command];
    });
    const said = execFileSync(
      "taskset",
      ["--cpu-list", lastCore, driver, ...how.map(String), ...words],
      {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
        maxBuffer: 1 << 28,
      },
    );
    const lines = said
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const samples = (unit: "wall" | "cpu") =>
      new Map(
        programs.map(({ name }) => [
          name,
          lines.filter((line) => line.name === name).map((line): number => line[unit] / 1000),
        ]),
      );
    return { wall: samples("wall"), cpu: samples("cpu") };
  }
}

function frame(payload: string): Buffer {
  const bytes = Buffer.from(payload);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A folder of its own for what is measured. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "mayfly-bench-"));
}

import { Readable } from "node:stream";
import { Command } from "commander";
import { vi } from "vitest";
import type { Surroundings } from "./run-cli.ts";

/** What a run of the command did. */
export interface Run {
  status: number;
  stdout: string;
  stderr: string;
}

class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const main = new URL("../../../src/cli/main.ts", import.meta.url).href;
let runs = 0;

/** Runs `mayfly` in this process: far sooner than in one of its own. `env` is added to this process's. */
export async function mayflyHere(
  args: readonly string[],
  { env = {}, cwd, input = "" }: Surroundings = {},
): Promise<Run> {
  const run: Run = { status: 0, stdout: "", stderr: "" };
  const { argv } = process;
  const folder = process.cwd();
  if (cwd) process.chdir(cwd);
  const stdin = vi.spyOn(process, "stdin", "get");
  stdin.mockReturnValue(Readable.from([Buffer.from(input)]) as typeof process.stdin);
  process.argv = [process.execPath, "/usr/bin/mayfly", ...args];
  process.exitCode = undefined;
  const listeners = process.stdout.listeners("error");
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      run[name] += text;
      return true;
    }),
  );
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const exit = vi.spyOn(process, "exit").mockImplementation((code) => {
    throw new Exit(Number(code ?? 0));
  });
  try {
    await import(`${main}?run=${runs++}`);
    run.status = Number(process.exitCode ?? 0);
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    run.status = error.code;
  } finally {
    for (const spy of [...spies, exit, stdin]) spy.mockRestore();
    process.chdir(folder);
    if (Object.keys(env).length > 0) vi.unstubAllEnvs();
    for (const listener of process.stdout.listeners("error").slice(listeners.length)) {
      process.stdout.off("error", listener as () => void);
    }
    process.exitCode = undefined;
    process.argv = argv;
  }
  return run;
}

/** The whole of the command, with every command in it. */
export async function programHere(): Promise<Command> {
  const parsing = vi.spyOn(Command.prototype, "parseAsync");
  await mayflyHere(["--help"]);
  const [program] = parsing.mock.contexts as Command[];
  parsing.mockRestore();
  return program as Command;
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { isListening } from "../machine/ports.ts";
import { until } from "../until.ts";
import { main } from "./run-cli.ts";

/** How the program comes to answer on a socket. */
const commands = {
  "mayfly serve": (config: string, path: string) => [
    ...[process.execPath, main, "serve", "--listen", "127.0.0.1:0"],
    ...["--config", config, "--extauth", `unix:${path}`],
  ],
  "mayfly extauth behind socat": (config: string, path: string) => [
    ...["socat", `UNIX-LISTEN:${path},fork`],
    `EXEC:'${process.execPath} ${main} extauth --config ${config}'`,
  ],
  "mayfly extauth behind a socket of systemd": (config: string, path: string) => [
    ...["systemd-socket-activate", "--accept", "--inetd", "--listen", path],
    ...[process.execPath, main, "extauth", "--config", config],
  ],
};

export type Way = keyof typeof commands;

export const ways = Object.keys(commands) as Way[];

/** The program behind a socket, to be stopped, started, hung and killed. */
export interface Program {
  path: string;
  config: string;
  /** Starts it; it takes connections when this resolves. */
  start(): Promise<void>;
  /** Sends a signal to all of its processes. */
  signal(signal: NodeJS.Signals): void;
  kill(): Promise<void>;
  /** Kills it, and removes what it left. */
  end(): Promise<void>;
}

/** A program that is not started yet, with what stands in its `mayfly.yml`, which may name its socket. */
export function makeProgram(
  mayfly: object | ((path: string) => object),
  way: Way = "mayfly serve",
): Program {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-program-"));
  const path = join(folder, "extauth.sock");
  const config = join(folder, "mayfly.yml");
  const settings = typeof mayfly === "function" ? mayfly(path) : mayfly;
  writeFileSync(config, stringify(settings), { mode: 0o600 });
  let child: ChildProcess | undefined;
  let gone: Promise<unknown> = Promise.resolve();

  return { path, config, start, signal, kill, end };

  async function start(): Promise<void> {
    rmSync(path, { force: true });
    const [command = "", ...args] = commands[way](config, path);
    // It leads a group, so that what it starts gets its signals, and ends with us.
    const words = ["--pdeathsig", "TERM", command, ...args];
    child = spawn("setpriv", words, { detached: true, stdio: "ignore" });
    gone = once(child, "exit");
    await until(() => isListening(path));
  }

  function signal(signal: NodeJS.Signals): void {
    if (child?.pid && child.exitCode === null && !child.signalCode) {
      process.kill(-child.pid, signal);
    }
  }

  async function kill(): Promise<void> {
    signal("SIGKILL");
    await gone;
  }

  async function end(): Promise<void> {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

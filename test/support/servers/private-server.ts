import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { untilListening } from "../machine/ports.ts";

const patience = 60_000;

/** A running server with a folder of its own. */
export interface PrivateServer {
  /** What it has written to standard error so far. */
  said(): string;
  /** Stops it, and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Runs a server in a folder of its own: it listens on its ports of 127.0.0.1 and has been asked
 * something when this resolves, and ends with the process that started it.
 */
export async function runServer(
  folder: string,
  command: string[],
  { ports, ask }: { ports: number[]; ask: () => Promise<unknown> },
): Promise<PrivateServer> {
  const child = spawn("setpriv", ["--pdeathsig", "TERM", ...command], {
    cwd: folder,
    // A group of its own: Ctrl-C is for us to hear, and its children end with it.
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: "/usr/sbin:/usr/bin:/bin", HOME: folder },
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const gone = once(child, "exit").catch((error: unknown) => [error]);
  try {
    const signal = AbortSignal.timeout(patience);
    const exit = gone.then((why) => Promise.reject(new Error(`it exited (${why})`)));
    const listening = Promise.all(ports.map((port) => untilListening(port, signal)));
    await Promise.race([listening.then(ask), exit]);
  } catch (error) {
    await stop();
    throw new Error(`${command[0]} did not start: ${error}\n${output}`);
  }
  return { said: () => output, stop };

  async function stop(): Promise<void> {
    const isRunning = child.exitCode === null && child.signalCode === null;
    // Kamailio takes a minute to heed SIGTERM where it has just begun.
    if (child.pid && isRunning) process.kill(-child.pid, "SIGKILL");
    await gone;
    rmSync(folder, { recursive: true });
  }
}

/** Starts something on free ports, and again where somebody else took one of them first. */
export async function startOnFreePorts<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

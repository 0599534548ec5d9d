import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../machine/ports.ts";
import { until } from "../until.ts";

/** A private Redis. */
export interface Redis {
  url: string;
  /** Asks one command that is answered in one line: that line. */
  ask(command: string): Promise<string>;
  /** `SIGSTOP` makes it hang, `SIGCONT` go on. */
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
  /** Starts it again on the same port, with nothing in it. */
  start(): Promise<void>;
}

/**
 * Starts a private Redis: own folder, free loopback port, nothing on disk; it answers when this
 * resolves, and ends with the process that started it.
 */
export async function startRedis(): Promise<Redis> {
  for (let tries = 1; ; tries++) {
    const [port] = (await freePorts(1)) as [number];
    const redis = redisAt(port);
    try {
      await redis.start();
      return redis;
    } catch (error) {
      if (tries === 3) throw error; // else somebody took the free port before Redis did
    }
  }
}

function redisAt(port: number): Redis {
  let running: { child: ChildProcess; exit: Promise<unknown>; folder: string } | undefined;

  async function start(): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-redis-"));
    const options = ["--bind", "127.0.0.1", "--port", `${port}`, "--save", "", "--dir", folder];
    const child = spawn("setpriv", ["--pdeathsig", "KILL", "redis-server", ...options], {
      // A group of its own: Ctrl-C is for us to hear.
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
      env: { PATH: "/usr/bin:/bin", HOME: folder },
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    const exit = once(child, "exit").catch((error: unknown) => {
      output += error;
    });
    running = { child, exit, folder };
    const gone = exit.then(() => Promise.reject(new Error(`redis-server exited: ${output}`)));
    gone.catch(() => {});
    try {
      const isReady = () =>
        ask("PING").then(
          (reply) => reply === "+PONG",
          () => false,
        );
      await Promise.race([until(isReady), gone]);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  async function stop(): Promise<void> {
    if (!running) return;
    const { child, exit, folder } = running;
    running = undefined;
    child.kill("SIGKILL");
    await exit;
    rmSync(folder, { recursive: true });
  }

  async function ask(command: string): Promise<string> {
    const socket = connect(port, "127.0.0.1");
    try {
      socket.write(`${command}\r\n`);
      const [reply] = await once(socket, "data");
      return String(reply).trimEnd();
    } finally {
      socket.destroy();
    }
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    ask,
    signal: (signal) => void running?.child.kill(signal),
    start,
    stop,
  };
}

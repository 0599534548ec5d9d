import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { frame } from "../data/frames.ts";
import { until } from "../until.ts";

/** The command, as it was built from this checkout. */
export const main: string = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** A folder without a `mayfly.yml`. */
const nowhere = fileURLToPath(new URL(".", import.meta.url));

/** How to run the command. */
export interface Surroundings {
  env?: Record<string, string>;
  cwd?: string;
  input?: string | Buffer;
}

function options({ env = {}, cwd = nowhere }: Surroundings): {
  env: NodeJS.ProcessEnv;
  cwd: string;
} {
  return { env: { PATH: process.env.PATH, ...env }, cwd };
}

/** Runs `mayfly` to its end. */
export function mayfly(args: string[], around: Surroundings = {}): SpawnSyncReturns<string> {
  const { input = "" } = around;
  return spawnSync(process.execPath, [main, ...args], {
    ...options(around),
    input,
    encoding: "utf8",
    timeout: 20_000,
  });
}

/** Runs `mayfly` to its end, while this process goes on. */
export async function runMayfly(
  args: string[],
  around: Surroundings = {},
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], options(around));
  child.stdin.end(around.input ?? "");
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}

/** A running `mayfly extauth`, spoken to as ejabberd does. */
export interface Extauth {
  /** Sends one request and gives the reply, in hex. */
  ask(payload: string | Buffer): Promise<string>;
  /** Sends bytes as they are and gives as many bytes of replies, in hex. */
  send(bytes: Buffer[], expected: number): Promise<string>;
  /** What it has written to standard error so far. */
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Ends its input: its exit code, and all that it wrote to standard error. */
  end(): Promise<{ code: number | null; stderr: string; surplus: string }>;
}

/** Starts `mayfly extauth`. */
export function startExtauth(args: string[], around: Surroundings = {}): Extauth {
  const child = spawn(process.execPath, [main, "extauth", ...args], options(around));
  const closed = once(child, "close");
  let received = Buffer.alloc(0);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  child.stdout.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    child.emit("received");
  });

  async function send(bytes: Buffer[], expected: number): Promise<string> {
    for (const chunk of bytes) {
      await new Promise((written) => child.stdin.write(chunk, written));
    }
    while (received.length < expected) {
      await Promise.race([once(child, "received"), closed]);
      if (child.exitCode !== null) throw new Error(`it exited: ${stderr}`);
    }
    const reply = received.subarray(0, expected).toString("hex");
    received = received.subarray(expected);
    return reply;
  }

  return {
    send,
    ask: (payload) => send([frame(payload)], 4),
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    async end() {
      child.stdin.end();
      const [code] = (await closed) as [number | null];
      return { code, stderr, surplus: received.toString("hex") };
    },
  };
}

/** A running `mayfly serve`. */
export interface Served {
  /** Where it answers HTTP. */
  url: string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Stops it: its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `mayfly serve` on a free port; it listens when this resolves. */
export async function startServe(args: string[], around: Surroundings = {}): Promise<Served> {
  const child = spawn(
    process.execPath,
    [main, "serve", "--listen", "127.0.0.1:0", ...args],
    options(around),
  );
  const closed = once(child, "close");
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const sockets = args.filter((arg) => arg === "--extauth").length;
  const isReady = () =>
    sockets > 0
      ? stderr.split("listening for XMPP servers").length > sockets
      : stderr.includes("listening for HTTP");
  await until(() => child.exitCode !== null || isReady());
  if (child.exitCode !== null) throw new Error(`it exited with ${child.exitCode}: ${stderr}`);
  return {
    url: /http:\/\/127\.0\.0\.1:\d+/.exec(stderr)?.[0] ?? "",
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill("SIGTERM");
      const [code] = (await closed) as [number | null];
      return code;
    },
  };
}

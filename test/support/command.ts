import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { frame } from "./frames.ts";

/** The command, as it was built from this checkout. */
export const main: string = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

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

/** A running `mayfly extauth`, spoken to as ejabberd does. */
export interface Extauth {
  /** Sends one request and gives the reply, in hex. */
  ask(payload: string | Buffer): Promise<string>;
  /** Sends bytes as they are and gives as many bytes of replies, in hex. */
  send(bytes: Buffer[], expected: number): Promise<string>;
  /** Ends its input: its exit code, and all that it wrote to standard error. */
  end(): Promise<{ code: number | null; stderr: string; surplus: string }>;
}

/** Starts `mayfly extauth`. */
export function startExtauth(args: string[], around: Surroundings = {}): Extauth {
  const child = spawn(process.execPath, [main, "extauth", ...args], options(around));
  const closed = once(child, "close");
  let received = Buffer.alloc(0);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
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
    async end() {
      child.stdin.end();
      const [code] = (await closed) as [number | null];
      return { code, stderr, surplus: received.toString("hex") };
    },
  };
}

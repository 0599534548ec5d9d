import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { frame } from "../data/frames.ts";
import { spawnPiped } from "./pipes.ts";
import { main } from "./run-cli.ts";

/** A `mayfly extauth` between two pipes, as ejabberd starts it; killed when the test is over. */
export interface PipedExtauth {
  /** Sends requests in one piece and gives their replies, in hex. */
  ask(...payloads: string[]): Promise<string>;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** How often its threads have waited for something. */
  waits(): number;
  /** Ends its input where it has not ended by itself, and gives its exit code and signal. */
  end(): Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  /** Resolves when it has ended. */
  exited: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
}

/**
 * Starts one.
 *
 * @param options - of Node
 * @param through - a program that runs it, with its own arguments
 */
export async function startPipedExtauth(
  args: string[],
  { options = [], through = [] }: { options?: string[]; through?: string[] } = {},
): Promise<PipedExtauth> {
  const words = [...through, process.execPath, ...options, main, "extauth", ...args];
  const { child, input, output, errors } = await spawnPiped("/usr/bin/env", words, {});
  const exited = once(child, "exit") as PipedExtauth["exited"];
  const replies = output[Symbol.asyncIterator]();
  let received = "";
  let stderr = "";
  errors.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    output.destroy();
    await input.close(); // or Node warns of it on standard error, in the middle of another test
  });

  return {
    async ask(...payloads) {
      const expected = 8 * payloads.length;
      const written = input.write(Buffer.concat(payloads.map(frame)));
      while (received.length < expected) {
        const { value, done } = await replies.next();
        if (done) throw new Error(`it has ended: ${stderr}`);
        received += value.toString("hex");
      }
      await written;
      const reply = received.slice(0, expected);
      received = received.slice(expected);
      return reply;
    },
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    waits() {
      const tasks = `/proc/${child.pid}/task`;
      return readdirSync(tasks).reduce((sum, task) => {
        const status = readFileSync(`${tasks}/${task}/status`, "utf8");
        return sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
      }, 0);
    },
    async end() {
      await input.close();
      return exited;
    },
    exited,
  };
}

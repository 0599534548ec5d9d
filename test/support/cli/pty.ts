import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const driver = fileURLToPath(new URL("lpty.lua", import.meta.url));

/** A program on a pty, asked as Prosody's mod_auth_external asks. */
export interface OnPty {
  /** Asks, and gives what is taken for the answer, with `\r` and `\n` spelt out. */
  ask(question: string): Promise<string>;
  /** Ends the program, and the one who asks. */
  stop(): Promise<void>;
  /** Kills the one who asks, who ends nothing then. */
  kill(): Promise<void>;
}

/**
 * Starts a program with the first question.
 *
 * @param isEarly - that question is there before the program, and the terminal echoes it: mostly it is
 * the other way round
 */
export function startOnPty(program: string, isEarly = false): OnPty {
  const words = ["lua5.1", driver, program, ...(isEarly ? ["early"] : [])];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...words], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async ask(question) {
      child.stdin.write(`${question.replaceAll("\n", "\\n")}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("the one who asks has ended");
      return value;
    },
    async stop() {
      child.stdin.end();
      await exit;
    },
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}

import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Expectation } from "./fuzz-requests.ts";
import { spawnPiped } from "./pipes.ts";

const mostOutstanding = 2000;

/** A program that is asked without a pause between, and each of whose replies is checked. */
export interface Interrogation {
  /** Writes bytes, with the last byte of each of these requests. Does not wait for their replies. */
  write(bytes: Buffer, completed: Expectation[]): Promise<void>;
  /** Waits until all that was asked is answered. */
  settle(): Promise<void>;
  /** The memory that the process holds, in kB. */
  memory(): number;
  /** Ends its input: its exit code, once every reply has been checked. */
  end(): Promise<number | null>;
  kill(): void;
}

/**
 * Starts a program that answers frames. Everything rejects after a wrong, missing or surplus reply.
 *
 * @param secrets - what must not be seen in its log
 */
export async function interrogate(args: string[], secrets: string[]): Promise<Interrogation> {
  const { child, input, output, errors } = await spawnPiped(process.execPath, args, {});
  const outstanding: Expectation[] = [];
  let answered = 0;
  let received = Buffer.alloc(0);
  let log = Buffer.alloc(0);
  let failure: Error | undefined;
  let wake = () => {};

  output.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      judge(outstanding.shift(), received.toString("hex", 2, end));
      received = received.subarray(end);
    }
    wake();
  });
  errors.on("data", (chunk: Buffer) => {
    log = Buffer.concat([log.subarray(-4096), chunk]);
    const leaked = secrets.find((secret) => log.includes(secret));
    if (leaked) fail(`it logged ${leaked}`);
  });
  const closed = Promise.all([once(child, "exit"), once(output, "close"), once(errors, "close")]);
  output.on("close", () => {
    if (outstanding.length + received.length > 0) fail("its output ended");
    wake();
  });

  return {
    async write(bytes, completed) {
      outstanding.push(...completed);
      await when(() => outstanding.length <= mostOutstanding);
      await input.write(bytes);
    },
    settle: () => when(() => outstanding.length === 0),
    memory() {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
    },
    async end() {
      await input.close();
      const [[code]] = await closed;
      if (failure) throw failure;
      return code;
    },
    kill: () => child.kill("SIGKILL"),
  };

  function judge(request: Expectation | undefined, reply: string): void {
    const number = `reply ${++answered}`;
    if (!request) fail(`${number}, ${reply}, is one too many`);
    if (!request || reply === request.reply) return;
    const asked = JSON.stringify(request.payload.toString("latin1", 0, 500));
    fail(
      `${number} is ${reply} and not ${request.reply}, to the ${request.payload.length} bytes ${asked}`,
    );
  }

  function fail(what: string): void {
    failure ??= new Error(`${what}\nThe end of its log:\n${log.subarray(-2000)}`);
  }

  async function when(isSo: () => boolean): Promise<void> {
    while (!failure && !isSo()) await new Promise<void>((woken) => (wake = woken));
    if (failure) throw failure;
  }
}

import { writeSync } from "node:fs";
import { type InputWait, StandardInput } from "./standard-input.ts";
import type { RequestStreamOptions } from "./stream.ts";

/**
 * Standard input and output at the least cost a request: one buffer to read into, again and again,
 * and no queue for what can be written at once.
 */
export function standardStreams(
  wait: InputWait,
): Pick<RequestStreamOptions, "input" | "output" | "write"> {
  const { stdout: output } = process;
  const isIdle = (): boolean => wait.isIdle() && output.writableLength === 0;
  const input = new StandardInput({ ...wait, isIdle });
  return { input, output, write };

  function write(bytes: Buffer): void {
    // Without a handler, SIGTERM may end the program once the replies are read.
    if (!input.usesEventLoop) wait.flushLog();
    let written = 0;
    if (output.writableLength === 0) {
      try {
        written = writeSync(1, bytes);
      } catch {
        // The stream waits until it can be written, or says why it cannot.
      }
    }
    if (written < bytes.length) output.write(bytes.subarray(written), () => input.resume());
  }
}

import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { Stream } from "./stream.ts";

/**
 * Standard input and output at the least cost a request: one buffer to read into, again and again,
 * and no queue for what can be written at once.
 */
export function standardStreams(): Pick<Stream, "input" | "output" | "write"> {
  const { stdout: output } = process;
  return { input: standardInput(), output, write };

  function write(bytes: Buffer): void {
    let written = 0;
    if (output.writableLength === 0) {
      try {
        written = writeSync(1, bytes);
      } catch {
        // The stream waits until it can be written, or says why it cannot.
      }
    }
    if (written < bytes.length) output.write(bytes.subarray(written));
  }
}

/** Hands out one buffer again and again, with how much of it is filled. */
function standardInput(): Readable {
  const buffer = Buffer.allocUnsafeSlow(65_536);
  const callback = (size: number): boolean => socket.emit("data", buffer, size);
  const options = { fd: 0, readable: true, writable: false, onread: { buffer, callback } };
  let socket: Socket;
  try {
    socket = new Socket(options);
  } catch {
    return process.stdin; // it is neither a pipe nor a socket
  }
  return socket;
}

import { closeSync, constants, openSync, readSync } from "node:fs";
import { isatty } from "node:tty";
import { type Protocol, ptyLines } from "../extauth/index.ts";

// Prosody's mod_auth_external connects the program through a pty, and takes whatever it reads as the
// reply to its last request: after one extra reply, each login gets the reply to the one before it.

const pollIntervalMs = 500;
const maxDelayMs = 2_000;

/** Discards the log if standard error is the pty: Prosody would read log lines as replies. */
export function detachStderr(): void {
  if (!isatty(2)) return;
  closeSync(2);
  openSync("/dev/null", "w"); // gets the lowest free number, which is 2
}

/**
 * Creates the protocol for a pty, and sets its terminal to raw mode: otherwise a line break in a
 * password would end a request, and its control characters would end or stop the program.
 *
 * It drops requests from before the program was ready: the terminal may have echoed them, or Prosody has
 * given up on them. It exits after a delay of more than 2 s, and Prosody then starts the program again.
 * It also exits when Prosody does: the program has inherited the pty's other end, so that the pty never
 * closes, and Prosody's listening ports.
 */
export function ptyProtocol(): Protocol {
  process.stdin.setRawMode(true);
  dropPendingInput();
  const { ppid } = process;
  let checkedAt = performance.now();
  setInterval(check, pollIntervalMs).unref();
  return {
    ...ptyLines,
    encode(reply) {
      check();
      return ptyLines.encode(reply);
    },
  };

  function check(): void {
    const now = performance.now();
    if (now - checkedAt > maxDelayMs || process.ppid !== ppid) process.exit(0);
    checkedAt = now;
  }
}

function dropPendingInput(): void {
  const terminal = openSync("/dev/stdin", constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(4096); // size of a terminal's input buffer
  try {
    readSync(terminal, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  } finally {
    closeSync(terminal);
  }
}

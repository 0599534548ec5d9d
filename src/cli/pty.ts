import { closeSync, constants, openSync, readSync } from "node:fs";
import { isatty } from "node:tty";
import { linesInTurns, type Protocol } from "../extauth/index.ts";

// Prosody's mod_auth_external asks over a pty, and takes whatever it reads for the answer to its last
// question: one answer too many, and from then on each login gets the one before it.

const interval = 500;
const longestHoldUp = 2_000;

/** Writes no log where standard error is the pty: it would be read as an answer. */
export function silence(): void {
  if (!isatty(2)) return;
  closeSync(2);
  openSync("/dev/null", "w"); // gets the lowest free number, which is 2
}

/**
 * Answers nothing that was asked before we could answer: the terminal may have echoed it, or Prosody
 * has given up on it. Nor anything after a long hold-up: we end, and Prosody starts us anew. And ends
 * with Prosody: we have inherited the pty's other end, so that it never closes, and Prosody's ports.
 */
export function keepInStep(): Protocol {
  dropWhatIsThere();
  const { ppid } = process;
  let lively = performance.now();
  setInterval(check, interval).unref();
  return {
    ...linesInTurns,
    encode(reply) {
      check();
      return linesInTurns.encode(reply);
    },
  };

  function check(): void {
    const now = performance.now();
    if (now - lively > longestHoldUp || process.ppid !== ppid) process.exit(0);
    lively = now;
  }
}

function dropWhatIsThere(): void {
  const terminal = openSync("/dev/stdin", constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(4096); // what a terminal holds
  try {
    readSync(terminal, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  } finally {
    closeSync(terminal);
  }
}

import { type DestinationStream, type Logger, pino } from "pino";
import type { LogConfig } from "../config/index.ts";

/** A log that can change its level and file while it is written to. */
export interface Log extends Logger {
  /** Opens the file again, for logrotate, or another one. */
  redirect(config: LogConfig | undefined): void;
}

type Destination = DestinationStream & { reopen(): void; end(): void };

/** Logs JSON lines to standard error, as standard output belongs to the replies, or to a file. */
export function createLog(config?: LogConfig): Log {
  let destination = open(undefined);
  let file: string | undefined;
  const target = { write: (line: string) => void destination.write(line) };
  const logger = pino(
    { base: { pid: process.pid }, formatters: { level: (level) => ({ level }) } },
    target,
  );
  const log = Object.assign(logger, { redirect });
  redirect(config);
  return log;

  function redirect({ level = "info", file: next }: LogConfig = {}): void {
    log.level = level;
    if (next === undefined && file === undefined) return;
    try {
      const opened = open(next);
      if (file !== undefined) destination.end();
      destination = opened;
      file = next;
    } catch (error) {
      log.error({ err: error }, `cannot log to ${next}: logging goes on where it went`);
    }
  }
}

/** Written at once: what is logged last is what matters when a program dies. */
function open(file: string | undefined): Destination {
  const stream = pino.destination({ dest: file ?? 2, sync: true, mode: 0o640 });
  // A full disk is no reason to stop answering.
  stream.on("error", () => {});
  return stream;
}

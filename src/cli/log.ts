import { type Logger, pino } from "pino";

/** Logs JSON lines to standard error: standard output belongs to the replies. */
export function createLog(): Logger {
  return pino(
    { base: { pid: process.pid }, formatters: { level: (level) => ({ level }) } },
    pino.destination({ dest: 2, sync: true }),
  );
}

import { closeSync, openSync, writeSync } from "node:fs";
import type { LogConfig } from "../config/index.ts";
import type { RequestOutcome } from "../extauth/index.ts";
import { LineBuffer } from "./line-buffer.ts";
import { putMembers, putOutcome, putValue } from "./log-line.ts";

const levels = ["debug", "info", "warn", "error"] as const;
const infoRank = levels.indexOf("info");
const infoStart = startOf("info");

type Level = (typeof levels)[number];

interface LogMethod {
  (message: string): void;
  (fields: object, message: string): void;
}

/** A logger whose level and file can change while it is in use. */
export interface Log extends Record<Level, LogMethod> {
  /** Logs that a request was accepted or refused, at the level `info`. */
  answered(outcome: RequestOutcome): void;
  /** Reopens the log file, for logrotate, or opens another one; sets the level. */
  redirect(config: LogConfig | undefined): void;
  /** Writes the lines that wait for the end of their tick. */
  flush(): void;
}

/** In each tick of 100 ms, the first 64 lines are written at once; the others at the end of the tick. */
const [linesPerTick, tickMs] = [64, 100];

/** Flush at 16 KiB. Drop new lines once 1 MiB is buffered. */
const [flushBytes, maxBufferedBytes] = [16_384, 1_048_576];

const standardError = 2;

/**
 * Creates a logger of JSON lines, to a file or to standard error (standard output carries the replies).
 *
 * Lines are written synchronously, because the last ones matter most when a program dies. Under load,
 * where that would be much of the work, they are written every 100 ms; warnings and errors never wait.
 */
export function createLog(config?: LogConfig): Log {
  const pidMember = `,"pid":${process.pid}`;
  let minRank = 0;
  let file: string | undefined;
  let fd = standardError;
  const buffer = new LineBuffer(maxBufferedBytes);
  let lines = 0;
  let tickStart = 0;
  let isBlocked = false;
  let isTickScheduled = false;

  const log: Log = {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
    answered,
    redirect,
    flush,
  };
  process.on("exit", endTick);
  redirect(config);
  return log;

  function method(level: Level): LogMethod {
    const rank = levels.indexOf(level);
    const isUrgent = rank >= levels.indexOf("warn");
    const start = startOf(level);
    return (fields: object | string, message?: string) => {
      if (rank < minRank) return;
      startLine(start);
      if (typeof fields !== "string") putMembers(buffer, fields);
      buffer.text(',"msg":');
      putValue(buffer, typeof fields === "string" ? fields : message);
      endLine(isUrgent);
    };
  }

  function answered(outcome: RequestOutcome): void {
    if (infoRank < minRank) return;
    startLine(infoStart);
    putOutcome(buffer, outcome);
    endLine(false);
  }

  function startLine(start: string): void {
    const now = Date.now();
    if (Math.abs(now - tickStart) >= tickMs) startTick(now);
    buffer.start();
    buffer.text(start);
    buffer.number(now);
    buffer.text(pidMember);
  }

  function endLine(isUrgent: boolean): void {
    buffer.text("}");
    buffer.end();
    if (isUrgent || lines++ < linesPerTick || buffer.length >= flushBytes) flush();
    if (buffer.length === 0 || isTickScheduled) return;
    isTickScheduled = true;
    setTimeout(endTick, tickMs).unref();
  }

  function startTick(now: number): void {
    tickStart = now;
    isBlocked = false;
    lines = 0;
  }

  function endTick(): void {
    isTickScheduled = false;
    startTick(Date.now());
    flush();
  }

  /** Writes the lines. Keeps what cannot be written: a full disk must not stop the replies. */
  function flush(): void {
    const { bytes, length } = buffer;
    if (isBlocked || length === 0) return;
    let written = 0;
    try {
      while (written < length) written += writeSync(fd, bytes, written, length - written);
    } catch {
      isBlocked = true;
    }
    buffer.drop(written);
  }

  function redirect({ level = "info", file: next }: LogConfig = {}): void {
    minRank = levels.indexOf(level);
    if (next === undefined && file === undefined) return;
    try {
      const opened = next === undefined ? standardError : openSync(next, "a", 0o640);
      flush();
      if (fd !== standardError) closeSync(fd);
      fd = opened;
      file = next;
    } catch (error) {
      log.error(
        { err: error },
        `cannot log to ${next}: continuing to log to ${file ?? "standard error"}`,
      );
    }
  }
}

/** How each line of a level starts. */
function startOf(level: Level): string {
  return `{"level":"${level}","time":`;
}

import { closeSync, openSync, writeSync } from "node:fs";
import type { LogConfig } from "../config/index.ts";

const levels = ["debug", "info", "warn", "error"] as const;

type Level = (typeof levels)[number];
interface Say {
  (message: string): void;
  (fields: object, message: string): void;
}

/** A log that can change its level and file while it is written to. */
export interface Log extends Record<Level, Say> {
  /** Opens the file again, for logrotate, or another one. */
  redirect(config: LogConfig | undefined): void;
}

/** How many lines are written one by one, in how many milliseconds; what is beyond waits for their end. */
const [oneByOne, span] = [64, 100];

/** So many bytes wait for no end; and more than so many, which nobody takes, are lost. */
const [enough, tooMany] = [16_384, 1_048_576];

const standardError = 2;

/**
 * Logs JSON lines to standard error, as standard output belongs to the replies, or to a file.
 *
 * A line is written before the next thing happens, because what is logged last is what matters when a
 * program dies; but in a rush, where that would be much of the work, every tenth of a second.
 */
export function createLog(config?: LogConfig): Log {
  const { pid } = process;
  let least = 0;
  let file: string | undefined;
  let fd = standardError;
  const room = Buffer.allocUnsafeSlow(tooMany); // bytes: no write can cut a character
  let held = 0;
  let lines = 0;
  let isStuck = false;
  let isWaiting = false;

  const log: Log = {
    ...{ debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    redirect,
  };
  process.on("exit", goOn);
  redirect(config);
  return log;

  function at(level: Level): Say {
    const rank = levels.indexOf(level);
    const isUrgent = rank >= levels.indexOf("warn");
    return (fields: object | string, message?: string) => {
      if (rank < least) return;
      const head = `"level":"${level}","time":${Date.now()},"pid":${pid}`;
      const said =
        typeof fields === "string"
          ? `,"msg":${spell(fields)}`
          : `${members(fields)},"msg":${spell(message)}`;
      hold(`{${head}${said}}\n`);
      if (isUrgent || lines++ < oneByOne || held >= enough) flush();
      if (isWaiting) return;
      isWaiting = true;
      setTimeout(goOn, span).unref();
    };
  }

  function goOn(): void {
    isWaiting = false;
    isStuck = false;
    lines = 0;
    flush();
  }

  function hold(line: string): void {
    // A character takes three bytes at most.
    if (3 * line.length <= tooMany - held) held += room.write(line, held);
  }

  /** What cannot be written now is held: a full disk is no reason to stop answering. */
  function flush(): void {
    if (isStuck) return;
    let written = 0;
    try {
      while (written < held) written += writeSync(fd, room, written, held - written);
    } catch {
      isStuck = true;
    }
    room.copyWithin(0, written, held);
    held -= written;
  }

  function redirect({ level = "info", file: next }: LogConfig = {}): void {
    least = levels.indexOf(level);
    if (next === undefined && file === undefined) return;
    try {
      const opened = next === undefined ? standardError : openSync(next, "a", 0o640);
      flush();
      if (fd !== standardError) closeSync(fd);
      fd = opened;
      file = next;
    } catch (error) {
      log.error({ err: error }, `cannot log to ${next}: logging goes on where it went`);
    }
  }
}

/** The members of an object behind others, as JSON. */
function members(fields: object): string {
  if (fields instanceof Error) return members({ err: fields });
  let text = "";
  for (const name in fields) {
    const value = fields[name as keyof typeof fields] as unknown;
    if (value !== undefined) text += `,"${name}":${spell(value)}`;
  }
  return text;
}

const plain = /^[ !#-[\]-~]*$/;

/** A value as JSON; most need no escapes, and less time. */
function spell(value: unknown): string {
  if (typeof value === "string" && plain.test(value)) return `"${value}"`;
  if (typeof value === "boolean" || Number.isFinite(value)) return `${value}`;
  return JSON.stringify(value instanceof Error ? describe(value) : value) ?? "null";
}

/** What there is to say of an error, and of what caused it. */
function describe(error: NodeJS.ErrnoException): object {
  const { name: type, message, stack, code, cause } = error;
  return { type, message, stack, code, ...(cause instanceof Error && { cause: describe(cause) }) };
}

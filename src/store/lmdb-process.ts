/**
 * The child process that LMDB runs in. It answers the process that started it, until that one ends or,
 * as after any failure, kills it.
 *
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import {
  complete,
  type Entry,
  type LogPage,
  type LogPlace,
  type LogRecord,
  type Member,
  merge,
  type WrittenEntry,
} from "./connection.ts";
import { type LmdbFile, openFile } from "./lmdb-file.ts";

/** A question, with the time in Unix seconds by the clock of the process that asks. */
export interface Question {
  id: number;
  now: number;
  what:
    | { op: "read"; keys: readonly string[] }
    | { op: "keep" | "claim"; key: string; entry: Entry }
    | { op: "append"; record: LogRecord; entry?: { key: string; entry: Entry } }
    | { op: "readLog"; after: LogPlace; max: number }
    | { op: "putMember"; member: Member }
    | { op: "listMembers"; group: string };
}

/** The answer to one question, or the reason that all others stay unanswered. */
export type Answer = { id: number; value: unknown } | { failure: string };

/** What is written under a key beside entries: the log's head and records, and members. */
type Other = { log: string; last: number } | LogRecord | Member;

/**
 * Entries under their keys, and the log: its head under `log`, its records under `log:NUMBER`; for the
 * sweeper each key again, as `[until, key]`.
 */
type File = LmdbFile<WrittenEntry | Other | true, string | [until: number, key: string]>;
type Database = File["db"];

const logDigits = 15;

const [folder = ""] = process.argv.slice(2);
const readOps = new Set<Question["what"]["op"]>(["read", "readLog", "listMembers"]);
const questions: Question[] = [];
let file: File | undefined;

process.umask(0o077); // folder and files only their owner can read
// The terminal sends Ctrl-C to this process, too; only its parent is to act on it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.on("disconnect", () => process.exit());
process.on("message", (question: Question) => {
  if (questions.push(question) === 1) setImmediate(answerAll);
});

/** Answers all waiting questions, with one commit. */
async function answerAll(): Promise<void> {
  try {
    file ??= await open();
    file.assertInPlace();
    const { db } = file;
    const batch = questions.splice(0);
    const isWrite = ({ what }: Question) => !readOps.has(what.op);
    db.resetReadTxn(); // others may have written
    const values = batch.some(isWrite)
      ? file.write(() => batch.map((question) => answer(db, question)))
      : batch.map((question) => answer(db, question));
    for (const [index, { id }] of batch.entries()) send({ id, value: values[index] });
  } catch (error) {
    send({ failure: (error as Error).message });
  }
}

function send(message: Answer): void {
  process.send?.(message);
}

async function open(): Promise<File> {
  const opened: File = await openFile(folder);
  // Readers that were killed would keep pages from being used again.
  setInterval(() => opened.db.readerCheck(), 60_000);
  return opened;
}

function answer(db: Database, { now, what }: Question): unknown {
  switch (what.op) {
    case "read":
      return what.keys.map((name) => read(db, name));
    case "readLog":
      return readLog(db, what.after, what.max);
    case "listMembers":
      return listMembers(db, what.group, now);
  }
  sweep(db, now);
  switch (what.op) {
    case "append":
      if (what.entry) keep(db, what.entry.key, what.entry.entry);
      return append(db, what.record);
    case "putMember":
      return putMember(db, what.member);
    case "claim":
      return read(db, what.key) ? false : keep(db, what.key, what.entry);
    case "keep":
      return keep(db, what.key, what.entry);
  }
}

function keep(db: Database, key: string, entry: Entry): true {
  const old = read(db, key);
  const kept = old ? merge(old, entry) : entry;
  return put(db, key, kept, old?.until);
}

/** Puts a value, with its mark for the sweeper in the place of the former one. */
function put(
  db: Database,
  key: string,
  value: Entry | LogRecord | Member,
  formerUntil?: number,
): true {
  if (formerUntil !== undefined) db.remove([formerUntil, key]);
  db.put([value.until, key], true);
  db.put(key, value);
  return true;
}

function append(db: Database, record: LogRecord): true {
  const head = db.get("log") as { log: string; last: number } | undefined;
  const log = head?.log ?? randomBytes(6).toString("base64url");
  const last = (head?.last ?? 0) + 1;
  db.put("log", { log, last });
  return put(db, recordKey(last), record);
}

function readLog(db: Database, after: LogPlace, max: number): LogPage {
  const { log, last } = (db.get("log") as { log: string; last: number } | undefined) ?? {
    log: "",
    last: 0,
  };
  // A position behind the last one is of a folder that was put back from a copy.
  const isHere =
    log === after.log && /^\d+$/.test(after.position) && Number(after.position) <= last;
  const start = recordKey(isHere ? Number(after.position) + 1 : 0);
  const records = [...db.getRange({ start, end: "log;", limit: max })].map(({ key, value }) => ({
    position: String(Number(String(key).slice("log:".length))),
    text: (value as LogRecord).text,
  }));
  return { log, position: isHere ? after.position : "", records };
}

function recordKey(number: number): string {
  return `log:${String(number).padStart(logDigits, "0")}`;
}

function putMember(db: Database, member: Member): true {
  const key = memberKey(member.group, member.member);
  const old = db.get(key) as Member | undefined;
  if (old && member.isFirstKept) return true;
  return put(db, key, member, old?.until);
}

function listMembers(db: Database, group: string, now: number): [string, string][] {
  const start = memberKey(group, "");
  return [...db.getRange({ start, end: `${start}~` })]
    .map(({ value }) => value as Member)
    .filter(({ until }) => until >= now)
    .map(({ member, text }) => [member, text]);
}

/** Names are hashed: a key of LMDB has a length that they may exceed. */
function memberKey(group: string, member: string): string {
  const hash = (text: string) => createHash("sha256").update(text).digest("base64url");
  return `member:${hash(group)}:${member === "" ? "" : hash(member)}`;
}

function read(db: Database, key: string): Entry | undefined {
  const entry = db.get(key) as WrittenEntry | undefined;
  return entry && complete(entry);
}

/** Removes a few of the entries that have expired. */
function sweep(db: Database, now: number): void {
  for (const due of [...db.getKeys({ start: [0, ""], end: [now, ""], limit: 8 })]) {
    db.remove(due);
    db.remove((due as [number, string])[1]);
  }
}

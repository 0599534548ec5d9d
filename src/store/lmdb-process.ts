/**
 * The process that LMDB lives in: answers the questions of the process that started it, until that
 * one is gone or kills it, as it does after any failure.
 *
 * @module
 */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RootDatabase } from "lmdb";
import { type Entry, merge } from "./session.ts";

/** A question, with the clock of who asks in Unix seconds. */
export interface Question {
  id: number;
  now: number;
  what:
    | { op: "read"; keys: readonly string[] }
    | { op: "keep" | "claim"; key: string; entry: Entry };
}

/** The answer to one question, or why none will be answered any more. */
export type Answer = { id: number; value: unknown } | { failure: string };

/** Entries under their keys; for the sweeper each key again, as `[until, key]`. */
type Database = RootDatabase<Entry | true, string | [until: number, key: string]>;

const [folder = ""] = process.argv.slice(2);
const file = join(folder, "data.mdb");
const questions: Question[] = [];
let opened: { db: Database; inode: number } | undefined;

process.umask(0o077); // folder and files are for their owner alone
// Ctrl-C is for the process that started this one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.on("disconnect", () => process.exit());
process.on("message", (question: Question) => {
  if (questions.push(question) === 1) setImmediate(answerAll);
});

/** Answers all that has come in, with one commit. */
async function answerAll(): Promise<void> {
  try {
    opened ??= await open();
    const { db, inode } = opened;
    if (statSync(file).ino !== inode) throw new Error("data.mdb was replaced");
    const batch = questions.splice(0);
    const isWrite = ({ what }: Question) => what.op !== "read";
    db.resetReadTxn(); // others may have written
    const values = batch.some(isWrite)
      ? db.transactionSync(() => batch.map((question) => answer(db, question)))
      : batch.map((question) => answer(db, question));
    for (const [index, { id }] of batch.entries()) send({ id, value: values[index] });
  } catch (error) {
    send({ failure: (error as Error).message });
  }
}

function send(message: Answer): void {
  process.send?.(message);
}

async function open(): Promise<{ db: Database; inode: number }> {
  const lmdb = await import("lmdb");
  mkdirSync(folder, { recursive: true });
  const db: Database = lmdb.open({
    path: folder,
    noSubdir: false,
    encoding: "json",
    overlappingSync: false, // a commit is on disk
  });
  // Readers that were killed would keep pages from being used again.
  setInterval(() => db.readerCheck(), 60_000);
  return { db, inode: statSync(file).ino };
}

function answer(db: Database, { now, what }: Question): unknown {
  if (what.op === "read") return what.keys.map((key) => db.get(key));
  sweep(db, now);
  const { key, entry } = what;
  const old = db.get(key) as Entry | undefined;
  if (old && what.op === "claim") return false;
  const kept = old ? merge(old, entry) : entry;
  if (old) db.remove([old.until, key]);
  db.put([kept.until, key], true);
  db.put(key, kept);
  return true;
}

/** Removes a few of the entries that have expired. */
function sweep(db: Database, now: number): void {
  for (const due of [...db.getKeys({ start: [0, ""], end: [now, ""], limit: 8 })]) {
    db.remove(due);
    db.remove((due as [number, string])[1]);
  }
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { RootDatabase, RootDatabaseOptionsWithPath } from "lmdb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openFile } from "../../src/store/lmdb-file.ts";

const steps: string[] = [];

// LMDB itself, with a note of each step.
vi.mock("lmdb", async (load) => {
  const lmdb = await load<typeof import("lmdb")>();
  const open = (options: RootDatabaseOptionsWithPath & { path: string }) => {
    const name = basename(options.path);
    steps.push(`open ${name}`);
    return noting(name, lmdb.open(options));
  };
  return { ...lmdb, open };
});

function noting(name: string, db: RootDatabase): RootDatabase {
  const { transactionSync } = db;
  db.transactionSync = (action, flags) => {
    const noted = () => {
      steps.push(`begin ${name}`);
      return action();
    };
    const result = transactionSync.call(db, noted, flags);
    steps.push(`commit ${name}`);
    return result as never;
  };
  return db;
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "state-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the file is opened, and written, in a turn", async () => {
  const state = basename(folder);
  const { db, write } = await openFile<string, string>(folder);
  const opening = ["begin turns.mdb", `open ${state}`, "commit turns.mdb"];
  expect(steps).toEqual(["open turns.mdb", ...opening]);

  steps.length = 0;
  write(() => db.put("one", "two"));
  const writing = [`begin ${state}`, `commit ${state}`];
  expect(steps).toEqual(["begin turns.mdb", ...writing, "commit turns.mdb"]);
  expect(db.get("one")).toBe("two");
});

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Key, RootDatabase } from "lmdb";

/** LMDB's file in a folder, open. */
export interface LmdbFile<V, K extends Key> {
  db: RootDatabase<V, K>;
  /** Writes with one commit, while no other process writes or opens the file. */
  write<T>(action: () => T): T;
  /** Throws where a file of it is no longer the one that has its name: others use another by now. */
  assertInPlace(): void;
}

/** The most processes that have the file open at once; ejabberd starts `extauth_pool_size` for each host. */
const maxProcesses = 4096;

/**
 * Opens LMDB's file in a folder, and makes both where they are missing.
 *
 * LMDB (`mdb_env_open2` of lmdb 3.5) reads the number of the last commit from the file and writes it, a
 * moment later, where all processes look for it, and holds no lock meanwhile: what another process
 * commits in between is lost. So a process writes, or opens the file, in its turn. The turns are write
 * transactions of a second, empty file, `turns.mdb`: where a process is killed, the next one has its turn.
 */
export async function openFile<V, K extends Key>(folder: string): Promise<LmdbFile<V, K>> {
  const { open } = await import("lmdb");
  const options = {
    encoding: "json",
    overlappingSync: false, // a commit is on disk
    maxReaders: maxProcesses,
  } as const;
  mkdirSync(folder, { recursive: true });
  const turns = open({ ...options, path: join(folder, "turns.mdb"), noSubdir: true });
  const { db } = turns.transactionSync(() => ({
    db: open<V, K>({ ...options, path: folder, noSubdir: false }),
  }));
  const files = ["data.mdb", "lock.mdb", "turns.mdb-lock"].map((name) => {
    const path = join(folder, name);
    return { name, path, inode: statSync(path).ino };
  });
  return {
    db,
    write: (action) => turns.transactionSync(() => db.transactionSync(action)),
    assertInPlace() {
      for (const { name, path, inode } of files) {
        if (statSync(path, { throwIfNoEntry: false })?.ino !== inode)
          throw new Error(`${name} was replaced`);
      }
    },
  };
}

import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";

const batch = 50_000;

/**
 * Fills a folder with so many revoked credentials, as the store of `lmdb:DIR` keeps them, and tells how
 * far it is. A folder that has them already is left as it is.
 */
export async function fillLmdb(
  folder: string,
  revocations: number,
  say: (line: string) => void,
): Promise<void> {
  const done = join(folder, "full");
  if (statSync(done, { throwIfNoEntry: false })) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const db = open<object | true, string | [number, string]>({
    path: folder,
    noSubdir: false,
    encoding: "json",
    noSync: true,
    overlappingSync: false,
  });
  const until = Math.floor(Date.now() / 1000) + 365 * 86_400;
  const started = performance.now();
  for (let count = 0; count < revocations; count += batch) {
    // In their order, spread over all there are: neighbours share pages.
    const keys = Array.from({ length: batch }, (_, index) => {
      const hash = randomBytes(32);
      hash.writeUInt32BE(Math.floor(((count + index) / revocations) * 2 ** 32));
      return `revoked:${hash.toString("base64url")}`;
    });
    db.transactionSync(() => {
      for (const key of keys) {
        db.put(key, { at: 0, until });
        db.put([until, key], true);
      }
    });
    if (count % 1_000_000 < batch) {
      say(
        `  ${count + batch} revocations after ${Math.round((performance.now() - started) / 1000)} s`,
      );
    }
  }
  await db.flushed;
  await db.close();
  mkdirSync(done);
}

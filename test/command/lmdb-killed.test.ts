import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Store } from "../../src/store/index.ts";
import { built, openBuilt } from "../support/cli/build.ts";

/** Revokes without end, several at once, and prints each that is acknowledged. */
const writer = `
  import { openStore } from ${JSON.stringify(built)};
  const [url, name, until] = process.argv.slice(1);
  const store = await openStore(url);
  async function revoke(lane) {
    for (let count = 0; ; count++) {
      const id = [name, lane, count].join(" ");
      await store.revoke(id, Number(until));
      process.stdout.write(id + "\\n");
    }
  }
  for (const lane of "abc") revoke(lane);
  process.stdin.on("end", () => process.exit()).resume();`;

let url: string;
let folder: string;
let witness: Store;
const until = Math.floor(Date.now() / 1000) + 3600;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-killed-"));
  url = `lmdb:${folder}`;
  witness = await openBuilt(url);
});
afterAll(async () => {
  await witness.close();
  rmSync(folder, { recursive: true });
});

/** Kills a writer and its LMDB once it has had so many revocations acknowledged: those. */
async function killAfter(count: number, name: string): Promise<string[]> {
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", writer, url, name, `${until}`],
    { detached: true, stdio: ["pipe", "pipe", "inherit"] }, // a group of its own, to be killed whole
  );
  const exit = once(child, "exit");
  const acknowledged: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    acknowledged.push(line);
    if (acknowledged.length === count) process.kill(-(child.pid as number), "SIGKILL");
  }
  expect(await exit).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

async function lost(store: Store, ids: string[]): Promise<string[]> {
  const known = await Promise.all(ids.map((id) => store.getStatus(id, "alice@example.com")));
  return ids.filter((_, index) => !known[index]?.revoked);
}

test("a hundred writers are killed, and nothing that was acknowledged is lost", async () => {
  const all: string[] = [];
  const lane = async (name: string) => {
    for (let round = 0; round < 50; round++) {
      const ids = await killAfter(1 + ((round * 7) % 40), `${name} ${round}`);
      expect(await lost(witness, ids)).toEqual([]);
      all.push(...ids);
    }
  };
  await Promise.all([lane("one"), lane("two")]);
  await witness.close();
  witness = await openBuilt(url);
  expect(all.length).toBeGreaterThan(1000);
  expect(await lost(witness, all)).toEqual([]);
}, 180_000);

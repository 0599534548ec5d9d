import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "lmdb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Store } from "../../src/store/index.ts";
import { openBuilt } from "../support/cli/build.ts";
import { raceForClaims, revokeElsewhere } from "../support/store/other-process.ts";
import { describeStore } from "../support/store/store-contract.ts";
import { until } from "../support/until.ts";

const soon = Math.floor(Date.now() / 1000) + 3600;
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "mayfly-lmdb-"));
});
afterAll(() => rmSync(root, { recursive: true }));

describeStore("LMDB", { open: () => openBuilt(`lmdb:${join(root, "contract")}`), shared: true });

describe("a store in LMDB", () => {
  let folder: string;
  let store: Store;
  let tests = 0;

  beforeEach(async () => {
    folder = join(root, `${tests++}`, "new");
    store = await openBuilt(`lmdb:${folder}`);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await store.close();
  });

  test("is for its owner's eyes only", async () => {
    await store.markSeen("alice@example.com");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
  });

  test("writes nothing while another process has its turn, and reads", async () => {
    await store.hasSeen("anybody");
    const path = join(folder, "turns.mdb");
    const turns = open({ path, noSubdir: true, encoding: "json", overlappingSync: false });
    const other = await openBuilt(`lmdb:${folder}-other`);
    let answered = false;
    const { marked } = await turns.transactionSync(async () => {
      expect(await store.hasSeen("anybody")).toBe(false);
      const marked = store.markSeen("anybody").then(() => {
        answered = true;
      });
      for (const name of ["one", "two", "three"]) await other.markSeen(name);
      expect(answered).toBe(false);
      return { marked };
    });
    await marked;
    expect(await store.hasSeen("anybody")).toBe(true);
    await other.close();
    await turns.close();
  });

  test("has room for 4096 processes", async () => {
    await store.hasSeen("anybody");
    const db = open({ path: folder, noSubdir: false, encoding: "json", overlappingSync: false });
    expect(db.getStats()).toMatchObject({ maxReaders: 4096 }); // as who was first has it
    await db.close();
  });

  test("takes a revocation of an earlier version to be of all that expires while it counts", async () => {
    const jid = "alice@example.com";
    const key = `user:${createHash("sha256").update(jid).digest("base64url")}`;
    mkdirSync(folder, { recursive: true });
    const db = open({ path: folder, noSubdir: false, encoding: "json" });
    await db.put(key, { at: soon - 60, until: soon });
    await db.close();
    const user = { issuedBy: soon - 60, expiresBy: soon };
    expect(await store.getStatus("one", jid)).toEqual({ revoked: false, user });
    await store.revokeUser(jid, { issuedBy: soon - 50, expiresBy: soon - 40 }, soon);
    expect((await store.getStatus("one", jid)).user).toEqual({
      issuedBy: soon - 50,
      expiresBy: soon,
    });
  });

  test("does not grow where as much expires as comes in", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    for (let second = 0; second < 40; second++) {
      vi.setSystemTime((soon + second) * 1000);
      const claims = Array.from({ length: 50 }, (_, index) =>
        store.claim(`${second} ${index}`, soon + second + 4),
      );
      await Promise.all(claims);
    }
    await store.close();
    const db = open({ path: folder, noSubdir: false, encoding: "json", overlappingSync: false });
    const count = db.getKeysCount();
    await db.close();
    expect(count).toBeLessThan(2 * 50 * 7); // each entry has a mark for the sweeper
  });

  test("lets one of two processes have a claim", () => raceForClaims(`lmdb:${folder}`), 30_000);

  test("refuses within a second what another process revokes", () =>
    revokeElsewhere(`lmdb:${folder}`, store));

  test("notices that its files were replaced", async () => {
    await store.revoke("one", soon);
    renameSync(folder, `${folder}-before`);
    const other = await openBuilt(`lmdb:${folder}`);
    await other.revoke("two", soon);
    await other.close();
    const look = () =>
      store.getStatus("two", "alice@example.com").catch(() => ({ revoked: false }));
    expect(await until(async () => (await look()).revoked)).toBe(true);
  });

  test.each(["data.mdb", "lock.mdb", "turns.mdb-lock"])("notices that %s is gone", async (name) => {
    await store.revoke("one", soon);
    rmSync(join(folder, name));
    await expect(store.revoke("two", soon)).rejects.toThrow(`${name} was replaced`);
    await store.revoke("three", soon);
    expect(existsSync(join(folder, name))).toBe(true);
  });
});

describe("a store in LMDB that is out of order", () => {
  const noise = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index * index));
  let good: Buffer;

  beforeAll(async () => {
    const folder = join(root, "good");
    const store = await openBuilt(`lmdb:${folder}`);
    const names = Array.from({ length: 100 }, (_, index) => `${index}`);
    await Promise.all(names.map((name) => store.revoke(name, soon)));
    await store.close();
    good = readFileSync(join(folder, "data.mdb"));
  });

  test.concurrent.each<[what: string, spoil: (file: string) => void]>([
    ["its file holds text", (file) => writeFileSync(file, "this is no database\n")],
    ["its file holds nothing but zeros", (file) => writeFileSync(file, Buffer.alloc(100_000))],
    ["its file holds noise", (file) => writeFileSync(file, noise)],
    ["its file ends after a page", (file) => truncateSync(file, 4096)],
    ["its file ends after its head", (file) => truncateSync(file, 8192)],
    [
      "only the head of its file is left",
      (file) => writeFileSync(file, Buffer.from(good).fill(255, 8192)),
    ],
    ["its file is a folder", (file) => replaceByFolder(file)],
    ["its lock is a folder", (file) => replaceByFolder(file.replace("data", "lock"))],
    ["its turns are a folder", (file) => replaceByFolder(file.replace("data", "turns"))],
    ["its turns are text", (file) => writeFileSync(file.replace("data", "turns"), "text\n")],
    ["its folder is a file", (file) => replaceByFile(join(file, ".."))],
  ])(
    "refuses where %s, and works once that is mended",
    async (what, spoil) => {
      const folder = join(root, what);
      const file = join(folder, "data.mdb");
      mkdirSync(folder);
      writeFileSync(file, good);
      spoil(file);
      const store = await openBuilt(`lmdb:${folder}`);
      const look = () => store.getStatus("42", "alice@example.com");
      try {
        const before = contents(file);
        await expect(look()).rejects.toMatchObject({ code: "ERR_STORE" });
        await expect(look()).rejects.toMatchObject({ code: "ERR_STORE" });
        expect(contents(file)).toEqual(before);

        rmSync(folder, { recursive: true });
        mkdirSync(folder);
        writeFileSync(file, good);
        expect(await until(() => look().catch(() => false as const))).toEqual({ revoked: true });
      } finally {
        await store.close();
      }
    },
    30_000,
  );

  function replaceByFolder(path: string): void {
    rmSync(path, { force: true });
    mkdirSync(path);
  }

  function replaceByFile(path: string): void {
    rmSync(path, { recursive: true });
    writeFileSync(path, "");
  }

  function contents(file: string): string | undefined {
    try {
      return readFileSync(file, "base64");
    } catch {
      return undefined; // not a file at all
    }
  }
});

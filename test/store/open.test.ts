import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { MayflyError } from "../../src/error.ts";
import { openStore } from "../../src/store/index.ts";

test.each([
  "",
  "Memory",
  "memory:",
  "lmdb",
  "lmdb:",
  "/var/lib/mayfly",
  "redis",
  "redis:",
  "redis://",
  "redis:///1",
  "redis://localhost/one",
  "redis://localhost:port",
  "redis://localhost?db=1",
  "redis://:hunter2%@localhost",
  "rediss://:hunter2@localhost:99999",
  "http://:hunter2@localhost",
  "valkey://:hunter2@localhost",
])("%j is no store, and no part of the message", async (url) => {
  const error = await openStore(url).catch((it) => it);
  expect(error).toBeInstanceOf(MayflyError);
  expect(error).toMatchObject({ code: "ERR_CONFIG" });
  expect(error.message).toMatch(/^must be (memory, lmdb:DIR, )?redis:\/\//);
  expect(inspect(error)).not.toContain("hunter2");
});

test.each(["lmdb:/proc/no/such/folder", "redis://localhost:1", "rediss://u:p@[::1]/2"])(
  "opening %s asks nothing of it",
  async (url) => {
    const store = await openStore(url);
    await expect(store.close()).resolves.toBeUndefined();
  },
);

test("a password that the server repeats is in no error", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () =>
      socket.write("-ERR unknown command 'HELLO', with args '3' 'hunter 2'\r\n"),
    );
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address() as { port: number };
  const store = await openStore(`redis://:hunter%202@127.0.0.1:${port}`);
  try {
    const error = await store.getStatus("one", "alice@example.com").catch((it) => it);
    expect(error).toMatchObject({ code: "ERR_STORE" });
    expect(error.message).toContain("unknown command");
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/hunter/);
  } finally {
    await store.close();
    server.close();
  }
});

test.each(["memory", "lmdb"])("a program with a store in %s ends without closing it", (kind) => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-store-"));
  try {
    const program = `
      import { openStore } from ${JSON.stringify(new URL("../../src/store/index.ts", import.meta.url))};
      const store = await openStore(${JSON.stringify(kind === "lmdb" ? `lmdb:${folder}` : kind)});
      await store.revoke("one", 4e9);
      console.log(JSON.stringify(await store.getStatus("one", "alice@example.com")));`;
    const { stdout, status } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", program],
      { encoding: "utf8", timeout: 20_000 },
    );
    expect({ stdout, status }).toEqual({ stdout: '{"revoked":true}\n', status: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mayfly, startExtauth } from "../support/cli/run-cli.ts";

const stranger = 4242;
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-owner-"));
  file = join(folder, "mayfly.yml");
  writeFileSync(file, "keys: [{id: a, secret: the-secret-of-the-north-32-bytes}]", { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const jid = "alice@example.org";
const mint = (args: string[] = [], env = {}) =>
  mayfly(["mint", jid, ...args], { cwd: folder, env });

describe.runIf(process.getuid?.() === 0)("root goes by no ./mayfly.yml of a stranger", () => {
  beforeEach(() => chownSync(file, stranger, stranger));

  test("that nobody named", () => {
    for (const { status, stdout, stderr } of [mint(), mayfly(["keys", "list"], { cwd: folder })]) {
      expect(stderr).toMatch(
        /^mayfly: mayfly\.yml: belongs to the user 4242[^\n]+--config [^\n]+\n$/,
      );
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    }
  });

  test("but by one that is named, the caller's, or root's", () => {
    expect(mint(["--config", file]).status).toBe(0);
    expect(mint([], { MAYFLY_CONFIG: file }).status).toBe(0);
    expect(mint([], { SUDO_UID: String(stranger) }).status).toBe(0);
    chownSync(file, 0, 0);
    expect(mint().status).toBe(0);
  });
});

describe("what everybody may change is warned of", () => {
  test.each([
    ["the file", () => file, 0o602],
    ["its folder", () => folder, 0o777],
  ])("%s", async (_, path, mode) => {
    const commands = [
      ["keys", "list"],
      ["mint", jid],
    ];
    const warnings = () => commands.map((it) => mayfly([...it, "--config", file]).stderr);
    const doctor = ["doctor", "ws://127.0.0.1:9/ws", "--jid", jid, "--config", file];
    expect(warnings().join()).not.toContain("can write to");
    expect(mayfly(doctor).stdout).not.toContain("config-writable");
    chmodSync(path(), mode);
    const what = `every user of this machine can write to ${path()}: chmod o-w ${path()}`;
    expect(warnings()).toEqual(commands.map(() => expect.stringContaining(what)));
    const { stdout, status } = mayfly(doctor);
    expect(stdout).toContain(`error: config-writable (${path()})`);
    expect(stdout).toContain(`fix   chmod o-w ${path()}`);
    expect(status).toBe(1);
    const { stderr } = await startExtauth(["--config", file]).end();
    expect(stderr).toMatch(/"warn".*every user of this machine can write to it/);
  });

  test("but not the folder where a variable holds the secret", () => {
    chmodSync(folder, 0o777);
    rmSync(file);
    const { status, stderr } = mint([], { MAYFLY_SECRET: "the-secret-of-the-north-32-bytes" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

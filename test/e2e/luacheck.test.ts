import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { describeWith } from "../support/vitest/describe-with.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

describeWith("luacheck")("luacheck", () => {
  test("has nothing to say about any Lua here", () => {
    const args = ["--no-color", "coturn", "prosody", "test"];
    const { status, stdout } = spawnSync("luacheck", args, { cwd: root, encoding: "utf8" });
    expect(stdout).toMatch(/\/mod_auth_mayfly\.lua +OK$.*\/prosody\.cfg\.lua +OK$.* 0 warnings/ms);
    expect(status).toBe(0);
  });
});

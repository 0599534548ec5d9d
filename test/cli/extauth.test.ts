import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { mayfly, startExtauth } from "../support/command.ts";
import { frame } from "../support/frames.ts";

const env = { MAYFLY_SECRET: "north" };
const keyring = new Keyring([{ id: "a", secret: "north" }]);
const { password } = await mint({ jid: "alice@example.org" }, { keyring });
const good = `auth:alice:example.org:${password}`;
const yes = "00020001";
const no = "00020000";
const folder = mkdtempSync(join(tmpdir(), "mayfly-extauth-"));

afterAll(() => rmSync(folder, { recursive: true }));

describe("mayfly extauth", () => {
  test("answers a frame that is piped into it, and exits 0 at its end", () => {
    const { status, stdout } = mayfly(["extauth"], { env, input: frame(good) });
    expect(Buffer.from(stdout, "latin1").toString("hex")).toBe(yes);
    expect(status).toBe(0);
  });

  test("answers a frame that comes in two parts, and two that come in one", async () => {
    const program = startExtauth([], { env });
    const bytes = frame(good);
    expect(await program.send([bytes.subarray(0, 1), bytes.subarray(1, 9)], 0)).toBe("");
    expect(await program.send([bytes.subarray(9)], 4)).toBe(yes);
    const both = Buffer.concat([frame(`auth:bob:example.org:${password}`), bytes]);
    expect(await program.send([both], 8)).toBe(no + yes);
    expect(await program.end()).toMatchObject({ code: 0, surplus: "" });
  });

  test("answers 0 to nonsense, and 1 to the next good request", async () => {
    const program = startExtauth([], { env });
    const nonsense = ["garbage", "", `${good}${"A".repeat(65_535 - good.length)}`];
    for (const payload of nonsense) {
      expect(await program.ask(payload)).toBe(no);
      expect(await program.ask(good)).toBe(yes);
    }
    expect(await program.end()).toMatchObject({ code: 0, surplus: "" });
  });

  test("says in its log that its input ended inside a frame, and exits 0", async () => {
    const program = startExtauth([], { env });
    await program.send([frame(good).subarray(0, 10)], 0);
    const { code, stderr } = await program.end();
    expect(stderr).toContain("the input ended inside a frame");
    expect(code).toBe(0);
  });

  test("logs JSON lines to standard error, without the password", async () => {
    const program = startExtauth([], { env });
    await program.ask(good);
    const lines = (await program.end()).stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "info", op: "auth", user: "alice", ok: true }),
    );
    expect(JSON.stringify(lines)).not.toContain(password.split(":")[1]);
  });

  const bad = join(folder, "bad.yml");
  const keyless = join(folder, "keyless.yml");
  writeFileSync(bad, "keys: [{id: a, secret: north, algorithm: md5}]");
  writeFileSync(keyless, "keys: [{id: a, secret: 'file:none.key'}]");

  test.each([
    ["a bad mayfly.yml", ["--config", bad]],
    ["a missing key file", ["--config", keyless]],
    ["an unknown flag", ["--bogus"]],
    ["a flag without its value", ["--config"]],
    ["an unknown protocol", ["--protocol", "smtp"]],
  ])("with %s logs what mint says, goes on and answers 0", async (_, args) => {
    const program = startExtauth(args, { env });
    expect(await program.ask(good)).toBe(no);
    expect(await program.ask("isuser:alice:example.org")).toBe(no);
    const { code, stderr, surplus } = await program.end();
    expect({ code, surplus }).toEqual({ code: 0, surplus: "" });

    const [first = ""] = stderr.split("\n");
    const { level, msg } = JSON.parse(first);
    expect(level).toBe("error");
    const said = mayfly(["mint", "alice@example.org", ...args], { env }).stderr;
    if (!args.includes("smtp")) expect(said).toBe(`mayfly: ${msg}\n`);
  });
});

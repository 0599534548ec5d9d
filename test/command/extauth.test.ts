import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type Extauth, mayfly, startExtauth } from "../support/cli/run-cli.ts";
import { frame } from "../support/data/frames.ts";
import { until } from "../support/until.ts";

const env = { MAYFLY_SECRET: "the-secret-of-the-north-32-bytes" };
const keyring = new Keyring([{ id: "a", secret: "the-secret-of-the-north-32-bytes" }]);
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
    expect(stderr).toContain("the input ended inside a request");
    expect(code).toBe(0);
  });

  test("answers lines for Prosody", () => {
    const input = `${good}\nnonsense\n${good}\n`;
    const { status, stdout } = mayfly(["extauth", "--protocol", "prosody"], { env, input });
    expect(stdout).toBe("1\n0\n1\n");
    expect(status).toBe(0);
  });

  test("finishes and exits 0 on SIGTERM", async () => {
    const program = startExtauth([], { env });
    expect(await program.ask(good)).toBe(yes);
    program.kill("SIGTERM");
    expect(await program.end()).toMatchObject({ code: 0, surplus: "" });
  });

  const bad = join(folder, "bad.yml");
  const keyless = join(folder, "keyless.yml");
  writeFileSync(bad, "keys: [{id: a, secret: the-secret-of-the-north-32-bytes, algorithm: md5}]");
  writeFileSync(keyless, "keys: [{id: a, secret: 'file:none.key'}]");
  const memory = join(folder, "memory.yml");
  const usual = "keys: [{id: a, secret: the-secret-of-the-north-32-bytes}]";
  writeFileSync(memory, `${usual}\nstore: memory\nhosts: { "*": { single_use: true } }`);

  test("with single_use in each program's own memory answers 0, and says so", async () => {
    const program = startExtauth(["--config", memory]);
    expect(await program.ask(good)).toBe(no);
    const { stderr } = await program.end();
    const [first = ""] = stderr.split("\n");
    expect(JSON.parse(first)).toMatchObject({
      level: "error",
      msg: expect.stringContaining(
        "memory.yml: hosts.*: single_use needs a store that programs share",
      ),
    });
  });

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
    const same = said.replace("see mayfly mint --help", "see mayfly extauth --help");
    if (!args.includes("smtp")) expect(same).toBe(`mayfly: ${msg}\n`);
  });
});

describe("mayfly extauth, with a configuration that changes", () => {
  const file = join(folder, "live.yml");
  const config = (secret: string) => `keys: [{id: a, secret: ${secret}}]`;
  /** Waits until the program has loaded what was written; it looks once a second. */
  const settled = (program: Extauth, count: number, what = "configuration reloaded") =>
    until(() => program.stderr().split(what).length > count);

  test("follows it, also in another file's place and on SIGHUP, and keeps the last good one", async () => {
    writeFileSync(file, config("the-secret-of-the-south-32-bytes"));
    const program = startExtauth(["--config", file]);
    expect(await program.ask(good)).toBe(no);

    writeFileSync(file, config("the-secret-of-the-north-32-bytes"));
    await settled(program, 1);
    expect(await program.ask(good)).toBe(yes);

    writeFileSync(file, "keys: [");
    await settled(program, 1, "is not valid YAML");
    expect(await program.ask(good)).toBe(yes);

    writeFileSync(`${file}.new`, config("the-secret-of-the-south-32-bytes"));
    renameSync(`${file}.new`, file);
    await settled(program, 2);
    expect(await program.ask(good)).toBe(no);

    program.kill("SIGHUP");
    await settled(program, 3);
    const { stderr } = await program.end();
    expect(stderr.match(/is not valid YAML/g)).toHaveLength(1);
    expect(stderr).not.toMatch(/north|south/);
  });

  test("refuses a secret that can be guessed, and warns of one that is short", async () => {
    writeFileSync(file, config("fifteen-letters"));
    const program = startExtauth(["--config", file]);
    expect(await program.ask(good)).toBe(no);
    writeFileSync(file, config("sixteen-letters!"));
    await settled(program, 1, "configuration loaded");
    const { stderr } = await program.end();
    const lines = stderr.split("\n").map((line) => (line ? JSON.parse(line) : {}));
    expect(lines).toMatchObject([
      { level: "error", msg: expect.stringContaining("live.yml: key a: the secret is shorter") },
      { level: "info", op: "auth", ok: false },
      { level: "info", msg: "configuration loaded" },
      { level: "warn", key: "a", msg: expect.stringContaining("is shorter than 32 bytes") },
      {},
      {},
    ]);
    expect(stderr).not.toMatch(/fifteen|sixteen/);
  });

  describe("keeps the one before where a new one is cut off", () => {
    const keys = "keys: [{id: a, secret: the-secret-of-the-north-32-bytes}]\n";
    const revoke = "removeuser:alice:example.org";
    test.each([
      ["hosts", "hosts: {other.example: {}}\n", []],
      ["store", "store: memory\n", [revoke]],
    ])("without its %s, until SIGHUP", async (option, line, before) => {
      writeFileSync(file, line + keys);
      const program = startExtauth(["--config", file]);
      for (const request of before) expect(await program.ask(request)).toBe(yes);
      expect(await program.ask(good)).toBe(no);

      writeFileSync(file, keys);
      await settled(
        program,
        1,
        `${option}: was set before and is now missing: if the file is complete`,
      );
      expect(await program.ask(good)).toBe(no);
      expect(program.stderr()).not.toContain("configuration reloaded");

      program.kill("SIGHUP");
      await settled(program, 1);
      expect(await program.ask(good)).toBe(yes);
      await program.end();
    });

    test("until it stands still: whoever writes it may not be done", async () => {
      writeFileSync(file, config("the-secret-of-the-north-32-bytes"));
      const program = startExtauth(["--config", file]);
      expect(await program.ask(good)).toBe(yes);
      writeFileSync(file, config("the-secret-of-the-south-32-bytes"));
      const end = Date.now() + 2500; // it looks once a second
      await until(() => {
        appendFileSync(file, "\n# more");
        return Date.now() > end;
      });
      expect(program.stderr()).not.toContain("configuration reloaded");
      await settled(program, 1);
      expect(await program.ask(good)).toBe(no);
      await program.end();
    });
  });

  test("heals when what was missing is there", async () => {
    writeFileSync(file, "keys: [{id: a, secret: 'file:late.key'}]");
    const program = startExtauth(["--config", file]);
    expect(await program.ask(good)).toBe(no);
    writeFileSync(join(folder, "late.key"), "the-secret-of-the-north-32-bytes\n");
    await settled(program, 1, '"configuration loaded"');
    expect(await program.ask(good)).toBe(yes);
    await program.end();
  });
});

describe("the log", () => {
  const file = join(folder, "log.yml");
  const log = join(folder, "mayfly.log");
  const secret = "the-secret-of-the-north-32-bytes";
  const configure = (level: string) =>
    writeFileSync(
      file,
      `keys: [{id: a, secret: ${secret}}]\nlog: { level: ${level}, file: mayfly.log }\n`,
    );
  const lines = () =>
    readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  test.each(["debug", "info", "warn", "error"])(
    "at level %s holds no secret, and JSON lines alone",
    async (level) => {
      configure(level);
      const program = startExtauth(["--config", file]);
      await program.ask(good);
      await program.ask(`auth:bob:example.org:${password}`);
      await program.ask(`nonsense:${password}`);
      await program.ask(`auth:${password}`);
      const { stderr } = await program.end();
      const logged = existsSync(log) ? readFileSync(log, "utf8") : "";
      for (const text of [stderr, logged]) {
        expect(text).not.toContain(password.split(":")[1]);
        expect(text).not.toContain(secret);
      }
      const decisions = level === "debug" || level === "info" ? 2 : 0;
      expect(lines().filter(({ op }) => op === "auth")).toHaveLength(decisions);
      rmSync(log);
    },
  );

  test("has a line for each decision, and goes on in a new file when it is rotated", async () => {
    configure("info");
    const program = startExtauth(["--config", file]);
    await program.ask(good);
    expect(lines()).toContainEqual({
      ...{ level: "info", time: expect.any(Number), pid: expect.any(Number), msg: "accepted" },
      ...{ op: "auth", user: "alice", host: "example.org", ok: true },
      ...{ key: "a", format: "mojoauth", ms: expect.any(Number) },
    });
    renameSync(log, `${log}.1`);
    program.kill("SIGHUP");
    await until(
      () => existsSync(log) && readFileSync(log, "utf8").includes("configuration reloaded"),
    );
    await program.ask(`auth:bob:example.org:${password}`);
    expect(lines()).toContainEqual(
      expect.objectContaining({ user: "bob", reason: "bad-signature" }),
    );
    await program.end();
    expect(readFileSync(`${log}.1`, "utf8")).not.toContain("bob");
  });

  test("goes to standard error where its file cannot be written", async () => {
    writeFileSync(
      file,
      "keys: [{id: a, secret: the-secret-of-the-north-32-bytes}]\nlog: { file: none/mayfly.log }\n",
    );
    const program = startExtauth(["--config", file]);
    expect(await program.ask(good)).toBe(yes);
    expect((await program.end()).stderr).toMatch(/cannot log to .*none\/mayfly\.log.*"accepted"/s);
  });
});

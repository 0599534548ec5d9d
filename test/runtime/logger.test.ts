import { execFileSync } from "node:child_process";
import fs, { mkdtempSync, readFileSync, rmSync, writevSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLog } from "../../src/runtime/logger.ts";
import { spyOnBuiltin } from "../support/builtin.ts";
import { main } from "../support/cli/run-cli.ts";
import { frame } from "../support/data/frames.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-log-"));
let number = 0;
let file: string;
const lines = () =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const takesNothing = () => {
  throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
};

beforeEach(() => {
  file = join(folder, `${number++}.log`);
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a log", () => {
  test("writes a line before the next thing happens", () => {
    const log = createLog({ file });
    log.info({ op: "auth", ok: true, reason: undefined, ms: 0.125 }, "accepted");
    expect(lines()).toEqual([
      {
        ...{ level: "info", time: expect.any(Number), pid: process.pid },
        ...{ op: "auth", ok: true, ms: 0.125, msg: "accepted" },
      },
    ]);
    log.info("alone");
    expect(lines().at(-1)).toMatchObject({ msg: "alone" });
  });

  test("in a rush writes some at once and the rest a moment later, each once and in order", () => {
    vi.useFakeTimers();
    const log = createLog({ file });
    for (let count = 0; count < 90; count++) log.info({ count }, "a line");
    expect(lines()).toHaveLength(64);
    vi.advanceTimersByTime(100);
    expect(lines().map(({ count }) => count)).toEqual(Array.from({ length: 90 }, (_, it) => it));
    log.info({ count: 90 }, "a line");
    expect(lines()).toHaveLength(91);
  });

  test("lets no line wait before one that matters", () => {
    vi.useFakeTimers();
    const log = createLog({ file });
    for (let count = 0; count < 90; count++) log.info({ count }, "a line");
    log.error({ err: new Error("broken", { cause: new Error("because") }) }, "a defect");
    expect(lines()).toHaveLength(91);
    expect(lines().at(-1)).toMatchObject({
      ...{ level: "error", msg: "a defect" },
      err: { type: "Error", message: "broken", cause: { message: "because" } },
    });
  });

  test("spells whatever it is told as JSON", () => {
    const log = createLog({ file });
    const odd = 'a "quoted" \\ line\nand ünïcode \u2028 \u0000 \ud800';
    log.warn({ odd, nothing: null, list: [1], not: Number.NaN }, odd);
    expect(lines()).toEqual([expect.objectContaining({ odd, nothing: null, list: [1], msg: odd })]);
  });

  test("holds what nobody takes until somebody does", () => {
    vi.useFakeTimers();
    const log = createLog({ file });
    spyOnBuiltin(fs, "writeSync").mockImplementationOnce(takesNothing);
    log.info({ count: 0 }, "a line");
    log.error({ count: 1 }, "another");
    expect(lines()).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(lines().map(({ count }) => count)).toEqual([0, 1]);
  });

  test("goes on where a write stopped, be it inside a character", () => {
    vi.useFakeTimers();
    const log = createLog({ file });
    const writeSync = spyOnBuiltin(fs, "writeSync");
    writeSync.mockImplementationOnce((fd: number, bytes: unknown) => {
      const held = bytes as Buffer;
      return writevSync(fd, [held.subarray(0, held.indexOf("ü") + 1)]);
    });
    writeSync.mockImplementationOnce(takesNothing);
    log.info({ user: "jürgen" }, "a line");
    log.info({ user: "zoë" }, "another");
    expect(readFileSync(file, "utf8")).toMatch(/"user":"j\ufffd$/);
    vi.advanceTimersByTime(100);
    expect(lines().map(({ user }) => user)).toEqual(["jürgen", "zoë"]);
  });

  test("tries once more at the end", () => {
    vi.useFakeTimers();
    const log = createLog({ file });
    spyOnBuiltin(fs, "writeSync").mockImplementationOnce(takesNothing);
    log.error("the last");
    process.listeners("exit").at(-1)?.(0);
    expect(lines()).toMatchObject([{ msg: "the last" }]);
  });

  test("drops whole lines where nobody takes them for long, and goes on after", () => {
    vi.useFakeTimers();
    const log = createLog({ file });
    const long = "x".repeat(100_000);
    spyOnBuiltin(fs, "writeSync").mockImplementationOnce(takesNothing);
    for (let count = 0; count < 30; count++) log.info({ count, long }, "a line");
    vi.advanceTimersByTime(100);
    expect(lines().map(({ count }) => count)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    log.info({ count: 30 }, "a line");
    expect(lines().at(-1)).toMatchObject({ count: 30 });
  });

  test("keeps what is below its level to itself", () => {
    const log = createLog({ file, level: "warn" });
    log.info("little");
    log.warn("much");
    expect(lines().map(({ msg }) => msg)).toEqual(["much"]);
  });
});

describe("a program in a rush", () => {
  const requests = Array.from({ length: 3000 }, (_, it) => frame(`isuser:user${it}:example.org`));
  const env = { MAYFLY_SECRET: "the-secret-of-the-north-32-bytes", PATH: process.env.PATH };

  test("has logged each decision when it ends", () => {
    const input = Buffer.concat(requests);
    const command = `'${process.execPath}' '${main}' extauth 2> '${file}'`;
    const replies = execFileSync("sh", ["-c", command], { input, env, cwd: folder });
    expect(replies.toString("hex")).toBe("00020001".repeat(requests.length));
    const users = lines().flatMap(({ user }) => user ?? []);
    expect(users).toEqual(requests.map((_, it) => `user${it}`));
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printable } from "../../src/runtime/printable.ts";
import { main, mayfly } from "../support/cli/run-cli.ts";
import { hmacToken } from "../support/data/jwt.ts";

/** Clears the screen, twice; sets the title; turns the text round; ends a line; is not seen. */
const evil = "a\u001b[2Jb\u009b2Jc\u001b]0;x\u0007\u007f\u202ed\r\ne\u2028f\u200bg\u{e0041}";
const controls = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe("what a terminal would obey is spelled", () => {
  test("by its code", () => {
    expect(printable(evil)).toMatch(/^a\\u001b\[2Jb\\u009b2Jc.*g\\udb40\\udc41$/);
    expect(printable("Jürgen, 木, \\u001b")).toBe("Jürgen, 木, \\u001b");
  });

  test("and JSON stays the same JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = printable(JSON.stringify(text + evil));
        expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(json)).toBe(text + evil);
      }),
    );
  });
});

describe("it never reaches the terminal", () => {
  const header = { alg: "HS256", kid: evil, typ: evil };
  const claims = { sub: evil, [evil]: evil, exp: 1893456000 };
  const token = hmacToken("any", header, claims);

  test("from a token", () => {
    const { stdout } = mayfly(["explain", token]);
    expect(stdout).toContain("\\u009b");
    expect(stdout).not.toMatch(controls);
    expect(stdout.trimEnd().split("\n")).toHaveLength(8); // none is forged
    const json = mayfly(["explain", token, "--json"]).stdout;
    expect(json).not.toMatch(controls);
    expect(JSON.parse(json)).toMatchObject({ key: evil, claims });
  });

  test("from a program", () => {
    const program = String.raw`printf 'a\033[2Jb\302\2332J' >&2; exit 3`;
    const words = ["selftest", "--", "sh", "-c", program];
    const { stdout } = mayfly(words);
    expect(stdout).toContain("(3): a\\u001b[2Jb\\u009b2J\n");
    expect(stdout).not.toMatch(controls);
  });

  test("from a command line", () => {
    const { stderr, status } = mayfly(["mint", `${evil}@example.org`, "--config", `/${evil}`]);
    expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
    expect(stderr).not.toMatch(controls);
    expect(status).toBe(2);
  });

  test("for no command writes to it by itself", () => {
    const folder = new URL("../../src/cli/", import.meta.url);
    const writers = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .filter((name) =>
        /process\.std(out|err)\.write|console\./.test(readFileSync(new URL(name, folder), "utf8")),
      );
    expect(writers.sort()).toEqual(["commands/completion/index.ts", "output.ts"]); // that script is ours
  });
});

test.each([
  ["--help"],
  ["mint", "--help"],
  ["completion", "bash"],
  ["explain", "1763860000:2jmj7l5rSw0yVb/vlWAYkK/YBwk="],
])("a reader that has enough ends it without a word, as SIGPIPE would: %s", async (...args) => {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, "close")]);
  expect({ status, stderr }).toEqual({ status: 141, stderr: "" });
});

import { expect, test } from "vitest";
import { assessRun } from "../../../src/doctor/program/assess-run.ts";
import type { ProgramRun } from "../../../src/doctor/program/spawn.ts";

const good: ProgramRun = {
  replies: [true, false, true],
  firstMs: 100,
  surplus: "",
  ends: true,
  stderr: "",
};

/** What is reported about a run that differs from a good one. */
function assess(change: Partial<ProgramRun>): string[] {
  const input = { command: "/bin/sh", requestCount: 3 };
  return assessRun({ ...good, ...change }, input).map(({ code, what }) => `${code}: ${what}`);
}

const error = (msg: string) => `${JSON.stringify({ level: "error", msg })}\n`;

test("a good run has no findings", () => {
  expect(assess({})).toEqual([]);
});

test.each<[name: string, change: Partial<ProgramRun>, found: string[]]>([
  ["a password accepted that is none", { replies: [true, true, true] }, ["tampered-accepted"]],
  ["a good credential refused", { replies: [true, false, false] }, ["secret-mismatch"]],
  ["a slow first answer", { firstMs: 5_400 }, ["slow-start: its first answer takes 5 s"]],
  ["a process that stays", { ends: false }, ["lingers"]],
  ["a log that cannot be written", { stderr: error("cannot log to /x") }, ["log"]],
  [
    "surplus output",
    { surplus: "48656c6c6f" },
    ["wrong-reply: it writes bytes that are no reply: 486"],
  ],
  ["a reply that is none", { replies: [true, "48656c6c", true] }, ["wrong-reply"]],
  [
    "an exit",
    { exit: "1", stderr: "a\nError: b\n  at c" },
    ["not-started: it exits at once (1): Error: b"],
  ],
  [
    "an exit with a log",
    { exit: "1", stderr: error("no key") },
    ["not-started: it exits at once (1): no key"],
  ],
  ["a silent exit", { exit: "1" }, ["not-started: it exits at once (1), and reports nothing"]],
  ["no answer", { replies: [true] }, ["no-answer: it does not answer within 8 s"]],
])("%s is reported", (_, change, found) => {
  expect(assess(change)).toEqual(found.map((it) => expect.stringContaining(it)));
});

test("a configuration error explains why a good credential is refused", () => {
  const change = { replies: [true, false, false], stderr: error("mayfly.yml:1: x") };
  expect(assess(change)).toEqual(["configuration: it reports: mayfly.yml:1: x"]);
});

test("a long error is cut", () => {
  expect(assess({ exit: "1", stderr: "x".repeat(9_000) })[0]?.length).toBeLessThan(400);
});

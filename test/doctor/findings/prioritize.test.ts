import { expect, test } from "vitest";
import { prioritize } from "../../../src/doctor/findings/prioritize.ts";
import { type Code, type Finding, finding } from "../../../src/doctor/index.ts";

function found(code: Code, overrides: Partial<Finding> = {}): Finding {
  return { ...finding(code, `what ${code} is about`, "ejabberd"), ...overrides };
}

const codesOf = (findings: Finding[]) => prioritize(findings).map(({ code }) => code);

test("errors come before warnings, each in the order of the checks", () => {
  const findings = [found("pool-size"), found("identity"), found("debug-log"), found("host")];
  expect(codesOf(findings)).toEqual(["identity", "host", "pool-size", "debug-log"]);
});

test("what follows from an error is left out", () => {
  const findings = [found("secret-mismatch"), found("no-plain"), found("program"), found("isuser")];
  expect(codesOf(findings)).toEqual(["program", "isuser"]);
});

test("from a warning nothing follows", () => {
  const findings = [found("auth-method", { severity: "warning" }), found("no-plain")];
  expect(codesOf(findings)).toEqual(["no-plain", "auth-method"]);
});

test("what a file says too is kept once, with its line", () => {
  const fromFile = found("auth-cache", { where: "ejabberd.yml:3" });
  expect(prioritize([found("auth-cache"), fromFile])).toEqual([fromFile]);
});

test("two lines of a file are two findings", () => {
  const listeners = ["ejabberd.yml:3", "ejabberd.yml:9"].map((where) =>
    found("plain-without-tls", { where }),
  );
  expect(prioritize(listeners)).toEqual(listeners);
});

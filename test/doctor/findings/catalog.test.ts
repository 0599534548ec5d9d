import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findingCatalog } from "../../../src/doctor/findings/catalog.ts";
import { type Code, finding } from "../../../src/doctor/index.ts";

const page = readFileSync(new URL("../../../docs/doctor.md", import.meta.url), "utf8");
const codes = Object.keys(findingCatalog) as Code[];

test.each(codes)("%s says why it matters and what fixes it, for each server", (code) => {
  for (const kind of ["ejabberd", "prosody", undefined] as const) {
    const { why, fix } = finding(code, "what", kind);
    for (const text of [why, fix]) expect(text).toMatch(/^\S.{10,}[^\s.]$/);
  }
});

test.each(codes)("%s is on the page about the doctor", (code) => {
  expect(page).toContain(`\`${code}\``);
});

test.each(codes)("%s is written in one of the lists, and once", (code) => {
  const lists = ["connection", "login", "settings", "program"].filter((name) =>
    readFileSync(
      new URL(`../../../src/doctor/findings/catalog/${name}.ts`, import.meta.url),
      "utf8",
    ).match(new RegExp(`^  "?${code}"?: \\{$`, "m")),
  );
  expect(lists).toHaveLength(1);
});

test("while the server's software is unknown, a fix names that of both", () => {
  expect(finding("auth-cache", "what", undefined).fix).toBe(
    'ejabberd: auth_use_cache: false; Prosody: authentication = "mayfly"',
  );
});

test("a check may replace the texts of the catalog", () => {
  const overrides = { severity: "warning", why: "w", fix: "f", where: "x:1" } as const;
  const expected = { code: "host", what: "what", ...overrides };
  expect(finding("host", "what", "prosody", overrides)).toEqual(expected);
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rowsOf } from "../support/docs/table.ts";

const path = "docs/security.md";
const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const links = [...text.matchAll(/\]\(\.\.\/(test\/\S+) "([^"]+)"\)/g)].map(
  ([, file = "", name = ""]) => [file, name] as const,
);

test("the page rests on tests", () => {
  expect(links.length).toBeGreaterThan(30);
  expect([...text.matchAll(/\]\(\.\.\/test\//g)]).toHaveLength(links.length);
});

test.each(links)("%s tests: %s", (file, name) => {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  // The name of a test or of a suite, as it is handed over.
  const names = [...source.matchAll(/(?:\(|^ *)(["`])(.+)\1,/gm)].map(([, , it = ""]) => it);
  expect(names.filter((it) => it.includes(name))).not.toEqual([]);
});

test("each property has one", () => {
  const rows = rowsOf(path);
  expect(rows.length).toBeGreaterThan(15);
  const without = rows.map(({ cells }) => cells.join(" ")).filter((it) => !it.includes("../test/"));
  expect(without).toEqual([]);
});

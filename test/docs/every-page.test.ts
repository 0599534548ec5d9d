import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openPage } from "../support/markdown.ts";
import { pages } from "../support/pages.ts";

const folder = new URL("./", import.meta.url);
const tests = readdirSync(folder)
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => readFileSync(new URL(name, folder), "utf8"));
const withBlocks = pages.filter((page) => openPage(page).left().length > 0);

test("there are pages with something to run", () => {
  expect(withBlocks).toContain("README.md");
});

test.each(withBlocks)("%s has a test that takes all of it", (page) => {
  const own = tests.filter((text) => {
    const isNamed = text.includes(`openPage("${page}")`) || text.includes(`path = "${page}"`);
    return isNamed && text.includes("page.left()).toEqual([])");
  });
  expect(own).not.toEqual([]);
});

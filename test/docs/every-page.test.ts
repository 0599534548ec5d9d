import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openPage } from "../support/docs/markdown.ts";
import { pages } from "../support/docs/pages.ts";

// A test takes a block by its name; the guides' steps are taken by what follows them for all tests.
const folders = ["./", "../machines/"].map((path) => new URL(path, import.meta.url));
const steps = readFileSync(new URL("../support/machine/guide-steps.ts", import.meta.url), "utf8");
const tests = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(new URL(name, folder), "utf8")),
);

test("there are pages with something to run", () => {
  expect(pages.filter((page) => openPage(page).blocks.length > 0)).toContain("README.md");
});

test.each(pages)("each block of %s is run by a test, or says why it is not", (page) => {
  const own = tests.filter((text) => text.includes(`"${page}"`));
  const isTaken = (name: string) =>
    [...own, ...(own.some((text) => /\bfollow\w+\(/.test(text)) ? [steps] : [])].some((text) =>
      [`take("${name}")`, `takeAll("${name}")`].some((call) => text.includes(call)),
    );
  const unmarked = openPage(page).blocks.filter(
    (block) => block.shown === undefined && !(block.test && isTaken(block.test)),
  );
  expect(unmarked.map(({ line, test }) => `${page}:${line} ${test ?? "has no mark"}`)).toEqual([]);
});

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openPage } from "../support/docs/markdown.ts";

const runTests = openPage("CONTRIBUTING.md").take("run-tests");
const root = fileURLToPath(new URL("../../", import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

test("the scripts that it names are there", () => {
  const names = [...runTests.matchAll(/^npm (?:run )?([\w:]+)/gm)].map(([, name = ""]) => name);
  expect(names).toEqual(["test:quick", "test", "test:matrix"]);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(names));
});

const vitestLines = [
  ...runTests.matchAll(/^npx vitest run --project (\w+) (\S+)(?: -t "(.+?)")? +#/gm),
].map(([, project = "", path = "", title = ""]) => ({ project, path, title }));

test("a file and a case are shown", () => {
  expect(vitestLines.length).toBe(runTests.match(/^npx/gm)?.length);
  expect(vitestLines.some(({ title }) => title)).toBe(true);
});

test.each(vitestLines)("$path $title runs something", ({ project, path, title }) => {
  expect(readFileSync(join(root, "vitest.config.ts"), "utf8")).toContain(`name: "${project}"`);
  expect(RegExp(`\\btest[.(].*${title}`).test(testsIn(join(root, path)))).toBe(true);
});

/** The text of a test file, or of all in a folder. */
function testsIn(path: string): string {
  if (!statSync(path).isDirectory()) return readFileSync(path, "utf8");
  return readdirSync(path)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(join(path, name), "utf8"))
    .join("\n");
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = readFileSync(join(root, "docs/architecture.md"), "utf8");

test("the files and folders that it names are there", () => {
  const paths = [...text.matchAll(/`([\w-]+(?:\/[\w-]+)*\/(?:[\w*-]+(?:\.test)?\.\w+)?)`/g)].map(
    ([, path = ""]) => path.replace(/[^/]*\*.*$/, ""),
  );
  expect(paths.length).toBeGreaterThan(25);
  const missing = paths.filter(
    (path) => ![root, join(root, "src")].some((it) => existsSync(join(it, path))),
  );
  expect(missing).toEqual([]);
});

test("each room has its row", () => {
  const rooms = readdirSync(join(root, "src"), { withFileTypes: true }).filter((it) =>
    it.isDirectory(),
  );
  expect(
    rooms.map(({ name }) => name).filter((name) => !text.includes(`\n| \`${name}\` |`)),
  ).toEqual([]);
});

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
let folder: string;
let tarball: Buffer<ArrayBuffer>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-package-"));
  // Without scripts, which would build what other tests stand on.
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(execFileSync("npm", pack, { cwd: root, encoding: "utf8" }));
  tarball = readFileSync(join(folder, filename));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("publint has nothing to say about the package", async () => {
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: tarball.buffer },
  });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test("the lockfile names what each platform needs, so that npm ci takes it everywhere", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const places = Object.keys(packages);
  const optional = Object.values<{ optionalDependencies?: object }>(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !places.some((place) => place.endsWith(`node_modules/${name}`)));
  expect(places.length).toBeGreaterThan(1);
  expect(optional).toEqual([]);
});

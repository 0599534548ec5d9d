import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pages } from "../support/docs/pages.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;
let tarball: Buffer<ArrayBuffer>;
let packed: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-package-"));
  // Without scripts, which would build what other tests stand on.
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(execFileSync("npm", pack, { cwd: root, encoding: "utf8" }));
  tarball = readFileSync(join(folder, filename));
  const listed = execFileSync("tar", ["-tzf", join(folder, filename)], { encoding: "utf8" });
  packed = listed.split("\n").map((path) => path.replace(/^package\//, ""));
}, 60_000); // npm takes its time on a machine that is busy
afterAll(() => rmSync(folder, { recursive: true }));

test("publint has nothing to say about the package", async () => {
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: tarball.buffer },
  });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test("attw resolves the types of each entry, in Node's ESM and in bundlers", () => {
  const file = join(folder, "attw.tgz");
  writeFileSync(file, tarball);
  const run = spawnSync(
    join(root, "node_modules/.bin/attw"),
    [file, "--profile", "esm-only", "--format", "json"],
    { encoding: "utf8" },
  );
  const { analysis } = JSON.parse(run.stdout);
  expect(Object.keys(analysis.entrypoints)).toEqual([
    ".",
    "./client",
    "./http",
    "./jwks",
    "./sip",
    "./store",
    "./package.json",
  ]);
  expect(run.status, run.stdout).toBe(0);
});

/** The folders that are packed. Those for tests never are: they hold keys and servers of tests. */
const packedFolders = [
  "coturn",
  "dist",
  "docs",
  "ejabberd",
  "examples",
  "grafana",
  "kamailio",
  "logrotate",
  "prosody",
  "proxy",
  "systemd",
];

test("what is packed is what the sources are built to, and files of the repository", () => {
  const git = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const known = execFileSync("git", git, { cwd: root, encoding: "utf8" }).split("\n");
  const folders = packedFolders.filter((name) => name !== "dist").map((name) => `${name}/`);
  const files = ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"];
  const built = known
    .filter((path) => /^src\/(?!cli\/).*\.ts$/.test(path) && existsSync(join(root, path)))
    .map((path) => path.replace(/^src\/(.*)\.ts$/, "dist/$1"))
    .flatMap((path) => [`${path}.js`, `${path}.d.ts`]);
  const expected = [
    ...[...files, "package.json", "dist/mayfly-extauth.mjs"],
    ...readdirSync(join(root, "dist/cli")).map((name) => `dist/cli/${name}`), // bundled
    ...known.filter((path) => folders.some((folder) => path.startsWith(folder))),
    ...built,
  ];
  const present = expected
    .filter((path) => existsSync(join(root, path)))
    .filter((path) => !path.endsWith("/.gitignore")); // npm heeds these, and packs none
  expect(packed.filter((path) => path !== "").sort()).toEqual(present.sort());
  const { files: named } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const onTop = files.filter((name) => !["LICENSE", "README.md"].includes(name));
  expect([...named].sort()).toEqual([...packedFolders, ...onTop].sort());
});

/** Folders for those who work on Mayfly itself. */
const ofCheckout = ["bench", "src", "test"];

/** What a page names in code, and links to, below a folder of ours. */
function pathsIn(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const code = text.match(/^( *)```.*?^\1```$|`[^`\n]+`/gms)?.join("\n") ?? "";
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((it) => it.isDirectory() && !/^(\.|node_modules)/.test(it.name))
    .map(({ name }) => name);
  const named = RegExp(
    String.raw`(?<![\w./@-])(?:(?:/usr/lib/)?node_modules/mayfly/|\./)?((?:${folders.join("|")})/[\w./@-]*\w)`,
    "g",
  );
  const links = [...text.matchAll(/\]\(([^)\s#]+)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
  return [
    ...[...code.matchAll(named)].map(([, path = ""]) => path),
    ...links.map((target) => join(dirname(page), target)),
  ];
}

test("what the pages in the package name is in it too", () => {
  const named = pages
    .filter((page) => packed.includes(page))
    .flatMap((page) => pathsIn(page).map((path) => ({ page, path })));
  expect(named).toContainEqual({ page: "docs/prosody.md", path: "systemd/mayfly.service" });
  expect(named).toContainEqual({ page: "docs/running.md", path: "logrotate/mayfly" });
  const missing = named
    .filter(({ page, path }) => !existsBeside(page, path))
    .filter(({ path }) => !ofCheckout.includes(path.split("/")[0] ?? ""));
  expect(missing).toEqual([]);
});

/** Whether a path is packed: a file, or a folder with one in it; from the package, or from the page. */
function existsBeside(page: string, path: string): boolean {
  return [path, join(dirname(page), path)].some((it) =>
    packed.some((file) => file === it || file.startsWith(`${it.replace(/\/$/, "")}/`)),
  );
}

test("the lockfile names what each platform needs, so that npm ci takes it everywhere", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const places = Object.keys(packages);
  const optional = Object.values<{ optionalDependencies?: object }>(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !places.some((place) => place.endsWith(`node_modules/${name}`)));
  expect(places.length).toBeGreaterThan(1);
  expect(optional).toEqual([]);
});

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../src/", import.meta.url));

/** The rooms of `src`, and its files beside them, each above those that it may import from. */
const storeys: string[][] = [
  ["index.ts"],
  ["cli"],
  ["runtime"],
  ["extauth", "http", "config", "doctor"],
  ["sessions", "sip"],
  ["verify", "mint", "client"],
  ["keyring", "policy.ts", "store"],
  ["credential", "sasl", "time.ts"],
  ["error.ts"],
];

/** Rooms without an index: what imports them loads one file at a time, when it is needed. */
const openRooms = ["runtime"];

/** Files that may be imported past the index of their room. */
const sideDoors: Record<string, string[]> = {
  "cli doctor": ["account.ts"], // the room itself is loaded only for its command
  "client credential": ["credential.ts"], // a type: the room itself needs Node
  // The cache of credentials alone, without what logs in to XMPP.
  "sip client": ["credential-cache.ts", "credential-source.ts", "timing.ts", "warn.ts"],
  // What `mayfly serve` is made of, which is no part of `mayfly/http`.
  "runtime http": [
    "app.ts",
    "metrics.ts",
    "routes/chat/find-converse.ts",
    "server.ts",
    "status/login-stats.ts",
    "status/process-info.ts",
  ],
  "http keyring": ["limited-fetch.ts", "jwks.ts"], // no part of the library
  "runtime keyring": ["jwks.ts"], // loaded only where there are issuers
  "runtime store": ["open.ts"], // loaded only where there is a store
};

const maxEntries = 15;

const entries = readdirSync(source, { withFileTypes: true, recursive: true }).map((entry) => ({
  isFolder: entry.isDirectory(),
  folder: entry.parentPath,
  path: join(entry.parentPath, entry.name).slice(source.length),
}));
const files = entries.filter(({ path }) => path.endsWith(".ts")).map(({ path }) => path);
const folders = entries.filter((entry) => entry.isFolder).map(({ path }) => path);

/** The part of `src` that a file belongs to: a room, or a file beside the rooms. */
function partOf(path: string): string {
  return path.split("/")[0] ?? "";
}

/** The files that a file imports, as paths in `src`. */
function importsOf(path: string): string[] {
  const text = readFileSync(join(source, path), "utf8");
  return [...text.matchAll(/(?:from |import |import\()"(\.[^"]+)"/g)].map(([, to = ""]) =>
    join(dirname(path), to),
  );
}

test("every part of the house stands on a storey", () => {
  expect([...new Set(files.map(partOf))].sort()).toEqual(storeys.flat().sort());
});

test.each(files)("%s imports downwards only, and rooms by their index", (path) => {
  const part = partOf(path);
  const below = storeys.slice(storeys.findIndex((storey) => storey.includes(part)) + 1).flat();
  for (const target of importsOf(path).filter((it) => partOf(it) !== part)) {
    const room = partOf(target);
    expect(below, target).toContain(room);
    if (openRooms.includes(room)) continue;
    const doors = [room, join(room, "index.ts")];
    const side = (sideDoors[`${part} ${room}`] ?? []).map((file) => join(room, file));
    expect([...doors, ...side]).toContain(target);
  }
});

test("no file takes part in a circle", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, way: string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) circles.push([...way.slice(at), path].join(" > "));
    if (at >= 0 || done.has(path)) return;
    for (const next of importsOf(path)) walk(next, [...way, path]);
    done.add(path);
  };
  for (const path of files) walk(path, []);
  expect(circles).toEqual([]);
});

test.each(folders)("src/%s has no more entries than one can take in", (folder) => {
  expect(readdirSync(join(source, folder)).length).toBeLessThanOrEqual(maxEntries);
});

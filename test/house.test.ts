import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const source = new URL("../src/", import.meta.url);

/** The rooms of `src`, each above those that it may import from. */
const storeys: string[][] = [
  ["cli"],
  ["extauth", "http", "config", "doctor"],
  ["verify", "mint", "client"],
  ["keyring", "policy", "store"],
  ["credential", "sasl"],
];

/** Files that may be taken past the face of their room. */
const sideDoors: Record<string, string[]> = {
  "cli doctor": ["account.ts"], // the room itself is loaded only for its command
  "client credential": ["minted.ts"], // a type: the room itself needs Node
  "cli keyring": ["jwks.ts"], // loaded only where there are issuers
  "cli store": ["open.ts"], // loaded only where there is a store
};

const rooms = readdirSync(source, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, room: path.split("/")[0] ?? "" }));

function importsOf(path: string): string[] {
  const text = readFileSync(new URL(path, source), "utf8");
  return [...text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)].map((match) => match[1] ?? "");
}

test("every room of the house stands on a storey", () => {
  expect(storeys.flat()).toEqual(expect.arrayContaining(rooms));
});

test.each(files)("$path imports downwards only, and rooms by their face", ({ path, room }) => {
  const below = storeys.slice(storeys.findIndex((storey) => storey.includes(room)) + 1).flat();
  const outside = importsOf(path).filter((target) => target.startsWith("../"));
  for (const target of outside) {
    if (target === "../error.ts") continue;
    const [, to = "", file] = /^\.\.\/([^/]+)\/(.+)$/.exec(target) ?? [];
    expect(below).toContain(to);
    expect(["index.ts", ...(sideDoors[`${room} ${to}`] ?? [])]).toContain(file);
  }
});

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const source = new URL("../src/", import.meta.url);

/** The rooms of `src`, each above those that it may import from. */
const storeys: string[][] = [
  ["cli"],
  ["extauth", "config"],
  ["verify", "mint", "client"],
  ["keyring", "policy"],
  ["credential"],
];

const rooms = readdirSync(source);
const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, room: path.split("/")[0] ?? "" }));

function importsOf(path: string): string[] {
  const text = readFileSync(new URL(path, source), "utf8");
  return [...text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)].map((match) => match[1] ?? "");
}

test("every room of the house stands on a storey", () => {
  expect(rooms.toSorted()).toEqual(storeys.flat().toSorted());
});

test.each(files)("$path imports downwards only, and rooms by their face", ({ path, room }) => {
  const below = storeys.slice(storeys.findIndex((storey) => storey.includes(room)) + 1).flat();
  const outside = importsOf(path).filter((target) => target.startsWith("../"));
  for (const target of outside) {
    const [, to = "", file] = /^\.\.\/([^/]+)\/(.+)$/.exec(target) ?? [];
    expect(below).toContain(to);
    // The client takes a type past the face of a room that needs Node.
    expect(file).toBe(room === "client" ? "minted.ts" : "index.ts");
  }
});

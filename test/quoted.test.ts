import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("../examples/clients/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");
const quoted = [...read("README.md").matchAll(/^```(?:js|html)\n(.*?)^```$/gms)].map(
  ([, it]) => it,
);
const files = readdirSync(folder).filter((name) => name !== "README.md");

test.each(files)("the README of examples/clients quotes %s as it is run", (name) => {
  expect(quoted).toContain(read(name));
});

test("it quotes nothing else", () => {
  expect(quoted).toHaveLength(files.length);
});

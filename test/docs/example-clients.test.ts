import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openPage } from "../support/docs/markdown.ts";

const folder = new URL("../../examples/clients/", import.meta.url);
const page = openPage("examples/clients/README.md");
const quoted = [...page.takeAll("quoted-js"), ...page.takeAll("quoted-html")];
const files = readdirSync(folder).filter((name) => name !== "README.md");

test.each(files)("it quotes %s as it is run", (name) => {
  expect(quoted).toContain(readFileSync(new URL(name, folder), "utf8"));
});

test("it has nothing else", () => {
  expect(quoted).toHaveLength(files.length);
});

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { nativeClients } from "../support/clients/native-client.ts";
import { openPage } from "../support/docs/markdown.ts";
import { rowsOf } from "../support/docs/table.ts";

const folder = new URL("../../examples/native/", import.meta.url);
const quoted = openPage("docs/native-clients.md").takeAll("quoted");
const files = readdirSync(folder);

test.each(files)("it quotes %s as it is", (name) => {
  expect(quoted).toContain(readFileSync(new URL(name, folder), "utf8"));
});

test("it has nothing else, and says which are run by the tests", () => {
  expect(quoted).toHaveLength(files.length);
  const run = rowsOf("docs/native-clients.md").filter(({ cells }) => cells[2] === "the tests");
  const names = run.map(({ cells }) => /\w+/.exec(cells[0] ?? "")?.[0]?.replace("_pub", ""));
  expect(names).toEqual(Object.keys(nativeClients));
});

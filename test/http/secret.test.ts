import { expect, test } from "vitest";
import { isAmong } from "../../src/http/secret.ts";

test.each([
  ["one of several", "south", ["north", "south"], true],
  ["bytes", "süd", [Buffer.from("süd")], true],
  ["another", "west", ["north", "south"], false],
  ["the beginning of one", "nort", ["north"], false],
  ["one and more", "north ", ["north"], false],
  ["in another case", "North", ["north"], false],
  ["nothing", "", ["north"], false],
  ["nothing, where that is expected by mistake", "", ["", new Uint8Array()], false],
  ["anything, where nothing is expected", "north", [], false],
])("%s", (_, given, expected, outcome) => {
  expect(isAmong(given, expected)).toBe(outcome);
});

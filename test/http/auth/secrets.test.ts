import { expect, test } from "vitest";
import { matchesAny } from "../../../src/http/auth/secrets.ts";

test.each([
  ["one of several", "south", ["north", "south"], true],
  ["bytes", "süd", [Buffer.from("süd")], true],
  ["another", "west", ["north", "south"], false],
  ["the beginning of one", "nort", ["north"], false],
  ["one and more", "north ", ["north"], false],
  ["one and zeros", "north\0\0", ["north"], false],
  ["a long one", "n".repeat(600), ["north", "n".repeat(600)], true],
  ["the beginning of a long one", "n".repeat(512), ["n".repeat(600)], false],
  ["a long one and more", "n".repeat(601), ["n".repeat(600)], false],
  ["in another case", "North", ["north"], false],
  ["nothing", "", ["north"], false],
  ["nothing, where that is expected by mistake", "", ["", new Uint8Array()], false],
  ["anything, where nothing is expected", "north", [], false],
])("%s", (_, given, expected, outcome) => {
  expect(matchesAny(given, expected)).toBe(outcome);
});

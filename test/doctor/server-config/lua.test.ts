import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  type LuaValue,
  readLua,
  readLuaWithIncluded,
} from "../../../src/doctor/server-config/lua.ts";

/** The value of the first assignment in a text. */
const firstValue = (text: string): LuaValue => readLua(`a = ${text}`).assignments[0]?.value;

test.each<[text: string, value: LuaValue]>([
  ['"x"', "x"],
  ["'x'", "x"],
  ['"a\\"b"', 'a"b'],
  ["[[x]]", "x"],
  ["[==[x]]y]==]", "x]]y"],
  ["5", 5],
  ["0x10", 16],
  ["1.5", 1.5],
  ["1024 * 64", 65_536],
  ["2 * 3 * 4", 24],
  ["true", true],
  ["false", false],
  ["{}", []],
  ['{ "x"; 1, true }', ["x", 1, true]],
  ["{ { 1 }, { 2 } }", [[1], [2]]],
  ['{ name = "x" }', [["name", "x"]]],
  ["nil", undefined],
  ['os.getenv("HOME")', undefined],
  ["function() end", undefined],
])("%s is read as %j", (text, value) => {
  expect(firstValue(text)).toEqual(value);
});

test.each(["-- a = 1", "--[[ a = 1 ]]", "--[==[\na = 1\n]==]", "if a == 1 then end", '"a = 1"'])(
  "%s sets nothing",
  (text) => {
    expect(readLua(text).assignments).toEqual([]);
  },
);

test.each(["a =", "a = {", 'a = "', "VirtualHost", "Include", "{ } } ="])(
  "%s, cut off, is passed over",
  (text) => {
    expect(readLua(text).sections).toEqual([]);
  },
);

test("each assignment has its line and its host", () => {
  const text = 'a = 1\nVirtualHost "x.example"\n\na = 2\nComponent ("y.example") "muc"\na = 3';
  expect(readLua(text)).toEqual({
    assignments: [
      { name: "a", value: 1, line: 1 },
      { name: "a", value: 2, line: 4, section: "x.example" },
      { name: "a", value: 3, line: 6, section: "y.example" },
    ],
    sections: ["x.example", "y.example"],
  });
});

test("files are included in the order of their place, each by its name, and missing ones are empty", () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-lua-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "one.lua"), "b = 1");
  writeFileSync(join(folder, "oneXlua"), "b = 2");
  const text = 'a = 1\nInclude "*.lua"\nInclude "missing.lua"\nInclude "no/*.lua"\nc = 1';
  const { assignments } = readLuaWithIncluded(text, join(folder, "prosody.cfg.lua"));
  expect(assignments).toEqual([
    { name: "a", value: 1, line: 1 },
    { name: "b", value: 1, line: 1, file: join(folder, "one.lua") },
    { name: "c", value: 1, line: 5 },
  ]);
});

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  checkInterpreter,
  checkStartable,
  findProgram,
  splitCommand,
} from "../../../src/doctor/program/command.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-command-"));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file, and returns its path. */
function file(name: string, text: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const stranger = { name: "stranger", uid: 61_234, gid: 61_234, groups: [61_234], home: "/" };

test.each<[command: string, words: string[]]>([
  ["", []],
  ["  a  b ", ["a", "b"]],
  ["'a b' c", ["a b", "c"]],
  ['"a b" c', ["a b", "c"]],
  ["a' 'b", ["a b"]],
  ["a\\ b", ["a b"]],
  ['"a\\"b" \'a\\b\'', ['a"b', "a\\b"]],
  ['"a\\n"', ["a\\n"]],
  ['--log="/var/x y"', ["--log=/var/x y"]],
  ["''", [""]],
  ["mayfly extauth\t--config\n/etc/m.yml", ["mayfly", "extauth", "--config", "/etc/m.yml"]],
])("%j is split into %j, as by a shell", (command, words) => {
  expect(splitCommand(command)).toEqual(words);
});

describe("a program is found", () => {
  const program = file("program", "");
  file("data", "", 0o644);

  test("by its path, whether it exists or not", () => {
    expect(findProgram("/nowhere/x", folder)).toBe("/nowhere/x");
  });

  test("in the folders of PATH, in order", () => {
    expect(findProgram("program", `/nowhere:${folder}`)).toBe(program);
  });

  test("unless it is no executable file", () => {
    expect(findProgram("data", folder)).toBeUndefined();
    expect(findProgram(".", folder)).toBeUndefined();
    expect(findProgram("none", folder)).toBeUndefined();
  });
});

describe("a command that a user cannot start:", () => {
  test.each([
    ["NODE_ENV=x node", "/usr/bin/env NODE_ENV=… PROGRAM"],
    ["no-such-program", "write the absolute path of no-such-program"],
    ["./program", "write the absolute path of ./program"],
    [`${folder}/missing`, "write the path of a program that is"],
    [file("closed", "", 0o700), `chmod a+x ${folder}/closed`],
    [`/bin/sh ${file("secret", "", 0o600)}`, `chown stranger ${folder}/secret`],
  ])("%s", (command, fix) => {
    expect(checkStartable(command, stranger)?.fix).toBe(fix);
  });

  test("but one with files that it may use, or that it may create, is fine", () => {
    const command = `/bin/sh ${file("open", "", 0o644)} ${folder}/new.log --flag`;
    expect(checkStartable(command, stranger)).toBeUndefined();
  });
});

describe("a script's interpreter", () => {
  test.each([
    ["env-missing", "#!/usr/bin/env no-such-node\n", "no-such-node"],
    ["env-options", "#!/usr/bin/env -S no-such-node --x\n", "no-such-node"],
    ["missing", "#!/no/such/node\n", "/no/such/node is not there"],
    ["windows", "#!/bin/sh\r\n", "Windows line ends"],
  ])("%s is reported", (name, text, what) => {
    expect(checkInterpreter(file(name, text))?.what).toContain(what);
  });

  test.each([
    ["shell", "#!/bin/sh\n"],
    ["env", "#!/usr/bin/env sh\n"],
    ["binary", "\u007fELF"],
    ["empty", ""],
  ])("%s is fine", (name, text) => {
    expect(checkInterpreter(file(name, text))).toBeUndefined();
  });

  test("of a file that cannot be read is unknown", () => {
    expect(checkInterpreter(join(folder, "none"))).toBeUndefined();
  });
});

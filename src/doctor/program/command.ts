import { existsSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type Account, findBlockedPath } from "../account.ts";

/** The `PATH` of a service, as systemd sets it. */
export const servicePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Splits a command into words as a shell does: quotes and backslashes, no expansion. */
export function splitCommand(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/gs)].map(([word]) =>
    word.replace(
      /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs,
      (_, single, double, escaped) => single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped,
    ),
  );
}

/** Finds a program in `PATH`, as the shell of a service does. */
export function findProgram(name: string, path = servicePath): string | undefined {
  if (name.includes("/")) return name;
  return path
    .split(":")
    .map((folder) => join(folder, name))
    .find((file) => isProgram(file));
}

function isProgram(file: string): boolean {
  try {
    const it = statSync(file);
    return it.isFile() && (it.mode & 0o111) !== 0;
  } catch {
    return false;
  }
}

/** Why a server cannot start a command, and the fix. */
export interface Obstacle {
  what: string;
  fix: string;
}

/** Checks the files that a command names, with the rights of the user that starts it. */
export function checkStartable(command: string, account: Account): Obstacle | undefined {
  const [first = "", ...rest] = splitCommand(command);
  const assignment = /^\w+=/.exec(first)?.[0];
  if (assignment) {
    const what = `it begins with ${assignment}…, which is no program: the server starts it by exec`;
    return { what, fix: `/usr/bin/env ${assignment}… PROGRAM` };
  }
  const program = findProgram(first);
  if (program === undefined) {
    const what = `there is no ${first} in ${servicePath}, which is where a service looks`;
    return { what, fix: `write the absolute path of ${first}` };
  }
  if (!isAbsolute(program)) {
    const what = `${first} is a relative path, and starts from the folder that the server runs in`;
    return { what, fix: `write the absolute path of ${first}` };
  }
  return (
    blocked(account, program, "execute") ??
    rest
      .filter(isAbsolute)
      .map((path) => blocked(account, path, "read"))
      .find((it) => it !== undefined)
  );
}

function blocked(account: Account, path: string, need: "read" | "execute"): Obstacle | undefined {
  const at = findBlockedPath(account, path, need);
  if (at === undefined) return undefined;
  if (at === "missing") {
    // The program may create the file itself.
    if (need === "read") return undefined;
    return { what: `${path} is not there`, fix: "write the path of a program that is" };
  }
  const { name } = account;
  if (at !== path) {
    const what = `${name} may not enter ${at}, and so not ${verbs[need]} ${path}`;
    return { what, fix: `chmod o+x ${at}, or put it where ${name} may go` };
  }
  if (need === "execute")
    return { what: `${name} may not execute ${path}`, fix: `chmod a+x ${path}` };
  return { what: `${name} may not read ${path}`, fix: `chown ${name} ${path}` };
}

const verbs = { read: "read", execute: "execute" };

/** Checks the interpreter that a script names in its first line. */
export function checkInterpreter(script: string, path = servicePath): Obstacle | undefined {
  let line: string;
  try {
    line = readFileSync(script).subarray(0, 256).toString("latin1").split("\n")[0] ?? "";
  } catch {
    return undefined;
  }
  if (!line.startsWith("#!")) return undefined;
  if (line.endsWith("\r")) {
    return { what: `${script} has Windows line ends`, fix: `sed -i 's/\\r$//' ${script}` };
  }
  const [interpreter = "", ...words] = line.slice(2).trim().split(/\s+/);
  if (!existsSync(interpreter)) {
    const what = `${script} begins with ${line}, and ${interpreter} is not there`;
    return { what, fix: `install it, or write the path of another after the #!` };
  }
  const name = words.find((word) => !word.startsWith("-"));
  if (!interpreter.endsWith("/env") || name === undefined || findProgram(name, path))
    return undefined;
  const what = `${script} asks for ${name}, which is not in ${path}, where a service looks`;
  return {
    what,
    fix: `extauth_program: "/THE/PATH/OF/${name} ${script} …", with its absolute path`,
  };
}

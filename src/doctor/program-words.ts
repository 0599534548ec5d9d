import { statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type Account, obstacle } from "./account.ts";

/** Where a service finds programs: systemd's own. */
export const servicePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Splits a command as a shell does, as far as that is simple: quotes and backslashes. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/gs)].map(([word]) =>
    word.replace(
      /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs,
      (_, single, double, escaped) => single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped,
    ),
  );
}

/** Finds a program as the shell of a service does. */
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

/** Why a server cannot start a command, as far as files tell, with what mends it. */
export interface Obstacle {
  what: string;
  fix: string;
}

/** Looks at the files that a command names, for the user that is to start it. */
export function whyNotStarted(command: string, account: Account): Obstacle | undefined {
  const [first = "", ...rest] = wordsOf(command);
  const assignment = /^\w+=/.exec(first)?.[0];
  if (assignment) {
    const what = `it begins with ${assignment}…, which is no program: the server runs exec on it`;
    return { what, fix: `/usr/bin/env ${assignment}… PROGRAM` };
  }
  const program = findProgram(first);
  if (program === undefined) {
    const what = `there is no ${first} in ${servicePath}, which is where a service looks`;
    return { what, fix: `write the whole path of ${first}` };
  }
  if (!isAbsolute(program)) {
    const what = `${first} is sought in the folder that the server runs in`;
    return { what, fix: `write the whole path of ${first}` };
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
  const at = obstacle(account, path, need);
  if (at === undefined) return undefined;
  if (at === "missing") {
    // A path may also be where the program is to write.
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

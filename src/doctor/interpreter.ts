import { existsSync, readFileSync } from "node:fs";
import { findProgram, type Obstacle, servicePath } from "./program-words.ts";

/** Why a script cannot be started: its first line names what a service does not find. */
export function whyNotInterpreted(script: string, path = servicePath): Obstacle | undefined {
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
  return { what, fix: `extauth_program: "/THE/PATH/OF/${name} ${script} …", with its whole path` };
}

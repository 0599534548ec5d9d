import { spawn } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { until } from "../until.ts";

/** How to start a shell. */
export interface Shell {
  command: string;
  /** Lines that make it ready, the prompt among them: it must be `ready> `. */
  setUp: string;
  cwd: string;
  env: Record<string, string>;
}

/** Presses keys in a shell on a terminal, until that shows something: all that it shows. */
export async function press(shell: Shell, keys: string, shows: RegExp): Promise<string> {
  const { command, setUp, cwd, env } = shell;
  const words = ["--pdeathsig", "KILL", "script", "-qefc", command, "/dev/null"];
  const child = spawn("setpriv", words, { cwd, env: { ...env, TERM: "dumb" } });
  const closed = once(child, "close");
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
  });
  try {
    child.stdin.write(`${setUp}\n`);
    // Not the echo of the line that sets it, where it stands in quotes.
    await until(() => /[^']ready> $/.test(stripVTControlCharacters(screen)));
    screen = "";
    child.stdin.write(keys);
    await until(() => shows.test(screen));
    return screen;
  } catch (error) {
    throw new Error(`the terminal shows ${JSON.stringify(screen)}`, { cause: error });
  } finally {
    child.kill("SIGKILL"); // and with it goes the terminal, which ends the shell
    await closed;
  }
}

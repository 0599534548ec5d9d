import { isatty } from "node:tty";
import { Command, CommanderError } from "commander";
import { extauth } from "./extauth.ts";
import { refuseAll } from "./run-extauth.ts";
import { lineFor } from "./usage.ts";

/** The single file's command line, with its help and its complaints. */
export async function singleCommand(words: readonly string[]): Promise<void> {
  const program = new Command("mayfly")
    .option("--config <file>", "the configuration to use")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  extauth(program);
  try {
    await program.parseAsync(["extauth", ...words], { from: "user" });
  } catch (error) {
    const isHelp = error instanceof CommanderError && error.exitCode === 0;
    if (!isHelp) await fail(lineFor(error, program.commands[0]) ?? String(error));
  }
}

async function fail(line: string): Promise<void> {
  if (!isatty(0)) return refuseAll(line);
  process.stderr.write(`mayfly: ${line}\n`);
  process.exit(2);
}

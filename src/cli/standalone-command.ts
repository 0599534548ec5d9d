import { isatty } from "node:tty";
import { Command, CommanderError } from "commander";
import { userMessage } from "./arguments.ts";
import { addExtauth, type Extauth } from "./extauth-options.ts";
import { printErrorLine } from "./output.ts";

/** What runs behind the command line. */
export interface Single extends Extauth {
  runRefusing(usageError: string): Promise<void>;
}

/** Parses the command line of the standalone file `mayfly-extauth.mjs`, with help and errors. */
export async function singleCommand(words: readonly string[], single: Single): Promise<void> {
  const program = new Command("mayfly")
    .option("--config <file>", "configuration file")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  addExtauth(program, single);
  try {
    await program.parseAsync(["extauth", ...words], { from: "user" });
  } catch (error) {
    const isHelp = error instanceof CommanderError && error.exitCode === 0;
    if (isHelp) return;
    const line = userMessage(error, program.commands[0]) ?? String(error);
    if (!isatty(0)) return single.runRefusing(line);
    printErrorLine(`mayfly: ${line}`);
    process.exit(2);
  }
}

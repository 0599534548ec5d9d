#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import { Command, CommanderError } from "commander";
import { runRefusing } from "../runtime/extauth-process.ts";
import { assertValues, findCommand, userMessage } from "./arguments.ts";
import { commands } from "./commands/index.ts";
import { printErrorLine } from "./output.ts";
import { packageFolder } from "./package-folder.ts";

const names = Object.keys(commands) as (keyof typeof commands)[];
const named = process.argv.slice(2).flatMap((word) => names.find((name) => name === word) ?? []);

const packageJson = readFileSync(join(packageFolder, "package.json"), "utf8");
const { version } = JSON.parse(packageJson) as { version: string };

const program = new Command("mayfly")
  .description("Mint short-lived XMPP logins, and verify them for ejabberd and Prosody.")
  .helpCommand("help [command]", "Show help for a command.")
  .helpOption("-h, --help", "show this help")
  .option("--config <file>", "configuration file")
  .version(version, "-V, --version", "show the version")
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ outputError: () => {} })
  .exitOverride()
  .hook("preAction", (_program, command) => assertValues(command))
  .addHelpText(
    "after",
    `
Configuration: --config FILE, else $MAYFLY_CONFIG, else ./mayfly.yml, else
/etc/mayfly/mayfly.yml; without any of them, $MAYFLY_SECRET is the only key.

Exit status: 0 success or accepted, 1 refused, 2 usage or configuration error.

Example: mayfly mint alice@example.com --ttl 10m`,
  );
// Help, completion, and the suggestion for an unknown command need all of them.
const needsAll = named.length === 0 || named.includes("completion");
for (const name of names) if (needsAll || named.includes(name)) commands[name](program);

if (!named.includes("extauth")) process.stdout.on("error", endWithReader);

try {
  await program.parseAsync();
} catch (error) {
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  if (!isHelp) await fail(error);
}

async function fail(error: unknown): Promise<void> {
  const command = findCommand(program, process.argv.slice(2));
  const line = userMessage(error, command);
  // Stay alive if an XMPP server has started this: ejabberd does not restart a program that exits.
  if (command.name() === "extauth" && !isatty(0)) return runRefusing(line ?? String(error));
  if (line === undefined) throw error;
  if (line !== "") printErrorLine(`mayfly: ${line}`);
  process.exit(2);
}

/** Ends the command, with a shell's status for SIGPIPE, once a reader such as `head` has closed the pipe. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(128 + constants.signals.SIGPIPE);
  throw error;
}

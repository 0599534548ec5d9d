#!/usr/bin/env node
// `mayfly extauth` alone: bundle.ts makes it a file that needs nothing but Node.
import { Command, CommanderError } from "commander";
import { extauth, refuseAll } from "./extauth.ts";
import { lineFor } from "./usage.ts";

const program = new Command("mayfly")
  .option("--config <file>", "the configuration to use")
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ outputError: () => {} })
  .exitOverride();
extauth(program);

try {
  await program.parseAsync(["extauth", ...process.argv.slice(2)], {
    from: "user",
  });
} catch (error) {
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  if (!isHelp) await fail(lineFor(error, program.commands[0]) ?? String(error));
}

async function fail(line: string): Promise<void> {
  if (!process.stdin.isTTY) return refuseAll(line);
  process.stderr.write(`mayfly: ${line}\n`);
  process.exit(2);
}

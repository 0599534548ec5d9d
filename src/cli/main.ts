#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { completion } from "./completion.ts";
import { doctor } from "./doctor.ts";
import { explain } from "./explain.ts";
import { extauth, refuseAll } from "./extauth.ts";
import { init } from "./init.ts";
import { keys } from "./keys.ts";
import { mint } from "./mint.ts";
import { revoke } from "./revoke.ts";
import { selftest } from "./selftest.ts";
import { serve } from "./serve.ts";
import { asked, insistOnValues, lineFor } from "./usage.ts";
import { verify } from "./verify.ts";

const packageJson = new URL("../../package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(packageJson, "utf8")) as { version: string };

const program = new Command("mayfly")
  .description("Short-lived XMPP logins: mint them, verify them, and serve ejabberd and Prosody.")
  .option("--config <file>", "the configuration to use")
  .version(version)
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ outputError: () => {} })
  .exitOverride()
  .hook("preAction", (_program, command) => insistOnValues(command))
  .addHelpText(
    "after",
    `
Configuration: --config FILE, else $MAYFLY_CONFIG, else ./mayfly.yml, else
/etc/mayfly/mayfly.yml; with none of them $MAYFLY_SECRET alone is the key.

Exit status: 0 done or accepted, 1 refused, 2 wrong usage or configuration.

Example: mayfly mint alice@example.com --ttl 10m`,
  );
for (const add of [
  ...[init, keys, mint, verify, explain, revoke],
  ...[extauth, serve, doctor, selftest, completion],
]) {
  add(program);
}

try {
  await program.parseAsync();
} catch (error) {
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  if (!isHelp) await fail(error);
}

async function fail(error: unknown): Promise<void> {
  const command = asked(program, process.argv.slice(2));
  const line = lineFor(error, command);
  // A server that started us must find us alive: ejabberd gives up for good on what exits.
  if (command.name() === "extauth" && !process.stdin.isTTY) {
    return refuseAll(line ?? String(error));
  }
  if (line === undefined) throw error;
  if (line !== "") process.stderr.write(`mayfly: ${line}\n`);
  process.exit(2);
}

#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { isatty } from "node:tty";
import { Command, CommanderError } from "commander";
import { refuseAll } from "./run-extauth.ts";
import { asked, insistOnValues, lineFor } from "./usage.ts";

/** Each command is loaded when it is asked for: a server waits for what it has started. */
const commands = {
  init: async () => (await import("./init.ts")).init,
  keys: async () => (await import("./keys.ts")).keys,
  mint: async () => (await import("./mint.ts")).mint,
  verify: async () => (await import("./verify.ts")).verify,
  explain: async () => (await import("./explain.ts")).explain,
  revoke: async () => (await import("./revoke.ts")).revoke,
  extauth: async () => (await import("./extauth.ts")).extauth,
  serve: async () => (await import("./serve.ts")).serve,
  doctor: async () => (await import("./doctor.ts")).doctor,
  selftest: async () => (await import("./selftest.ts")).selftest,
  completion: async () => (await import("./completion.ts")).completion,
};
const names = Object.keys(commands) as (keyof typeof commands)[];
const named = process.argv.slice(2).flatMap((word) => names.find((name) => name === word) ?? []);

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
// Help, completion, and a complaint about what is no command, need them all.
const needsAll = named.length === 0 || named.includes("completion");
for (const name of names) if (needsAll || named.includes(name)) (await commands[name]())(program);

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
  if (command.name() === "extauth" && !isatty(0)) return refuseAll(line ?? String(error));
  if (line === undefined) throw error;
  if (line !== "") process.stderr.write(`mayfly: ${line}\n`);
  process.exit(2);
}

import type { Command } from "commander";
import type { Config } from "../../../config/index.ts";
import { type AuthContext, loadContext, openStore } from "../../../runtime/context.ts";
import { configFile } from "../../arguments.ts";
import { printErrorLine, printLines } from "../../output.ts";
import { askOthers } from "./online.ts";
import type { Problem } from "./problem.ts";
import { findWarnings } from "./warnings.ts";

interface Options {
  online?: true;
  strict?: true;
  json?: true;
}

/** `mayfly check` */
export function check(program: Command): void {
  program
    .command("check")
    .description("Validate the configuration, its keys and the modes of its files.")
    .option("--online", "also ask the issuers for their keys and about a token, and Redis")
    .option("--strict", "exit with 1 for a warning, too")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
It starts nothing and changes nothing. Without --online it needs no network.

Exit status: 0 valid, 1 an issuer or the store does not answer, 2 usage or
configuration error.

Example: mayfly check --online`,
    )
    .action(async (options: Options, command: Command) => {
      const file = configFile(command);
      const { context, config } = await load(file);
      const problems = [
        ...(options.online ? await askOthers(context, config) : []),
        ...findWarnings(context, config, file),
      ];
      await context.store?.close();
      if (options.json) {
        printLines(JSON.stringify({ source: context.source, ...countOf(config), problems }));
      } else show(context.source, config, problems);
      const counts = ({ severity }: Problem) => severity === "error" || options.strict === true;
      process.exitCode = problems.some(counts) ? 1 : 0;
    });
}

async function load(file?: string): Promise<{ context: AuthContext; config: Config }> {
  let loaded: Config | undefined;
  const context = await loadContext(file, {
    openStore, // which connects to none, but refuses a wrong URL
    validate: (config) => {
      loaded = config;
    },
  });
  return { context, config: loaded as Config };
}

function countOf({ keys, issuers, hosts }: Config) {
  return {
    keys: keys.length,
    issuers: issuers.length,
    hosts: hosts ? Object.keys(hosts) : ["*"],
  };
}

function show(source: string, config: Config, problems: readonly Problem[]): void {
  for (const { severity, what, fix } of problems) {
    printErrorLine(`mayfly: ${severity}: ${what}: ${fix}`);
  }
  if (problems.some(({ severity }) => severity === "error")) return;
  const { keys, issuers, hosts } = countOf(config);
  const parts = [count(keys, "key"), ...(issuers > 0 ? [count(issuers, "issuer")] : [])];
  const served = config.hosts ? `hosts ${hosts.join(", ")}` : "every host";
  printLines(`ok: ${source}: ${parts.join(", ")}, ${served}`);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

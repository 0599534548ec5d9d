import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Command } from "commander";
import { type Config, KeyFile, writableByAll } from "../../config/index.ts";
import { findWeaknesses, type Issuer } from "../../keyring/index.ts";
import {
  type AuthContext,
  loadContext,
  onceForEachProgram,
  openStore,
} from "../../runtime/context.ts";
import { configFile } from "../arguments.ts";
import { printErrorLine, printLines } from "../output.ts";
import { openSecrets } from "./keys/list.ts";

interface Options {
  online?: true;
  strict?: true;
  json?: true;
}

/** What is wrong although the configuration is valid. */
interface Problem {
  /** `error` for what refuses logins now. */
  severity: "error" | "warning";
  /** A sentence without its end. */
  what: string;
  fix: string;
}

/** `mayfly check` */
export function check(program: Command): void {
  program
    .command("check")
    .description("Validate the configuration, its keys and the modes of its files.")
    .option("--online", "also ask the issuers for their keys, and the store in Redis")
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

function findWarnings(context: AuthContext, config: Config, file?: string): Problem[] {
  const { source, keyring } = context;
  const warnings: Omit<Problem, "severity">[] = [];
  if (source !== "MAYFLY_SECRET") {
    for (const { id, path } of openSecrets(new KeyFile(file))) {
      const what = `key ${id}: other users can access its secret`;
      warnings.push({ what, fix: `chmod o= ${path}` });
    }
  }
  for (const path of (config.httpSecretFiles ?? []).filter(isOpen)) {
    const what = `other users can access ${path}, a secret of the HTTP API`;
    warnings.push({ what, fix: `chmod o= ${path}` });
  }
  for (const path of (config.issuerSecretFiles ?? []).filter(isOpen)) {
    const what = `other users can access ${path}, the client secret of an issuer`;
    warnings.push({ what, fix: `chmod o= ${path}` });
  }
  const writable = writableByAll(source);
  if (writable) {
    const what = `every user of this machine can write to ${writable}`;
    warnings.push({ what, fix: `chmod o-w ${writable}` });
  }
  warnings.push(...findWeaknesses(keyring.keys).map(({ what, fix }) => ({ what, fix })));
  if (keyring.keys.length > 0 && !keyring.keys.some(({ state }) => state === "mint")) {
    warnings.push({ what: "no key is in state mint", fix: "create one with mayfly keys add" });
  }
  if (config.feed && config.store === undefined) {
    const what = "feed.sockets is set without a store, so that there is nothing to follow";
    warnings.push({ what, fix: "add store: lmdb:DIR or redis://HOST" });
  }
  const memory = onceForEachProgram(config);
  if (memory) warnings.push({ what: memory, fix: "store: lmdb:DIR, or run mayfly serve alone" });
  for (const [option, path] of writtenFiles(config)) {
    const problem = whyNotWritable(path);
    if (problem) warnings.push({ what: `${option} ${path} ${problem}`, fix: `chown ${path}` });
  }
  return warnings.map((it) => ({ severity: "warning", ...it }));
}

function isOpen(path: string): boolean {
  return (statSync(path).mode & 0o007) !== 0;
}

/** The files and folders that Mayfly writes to, by their option. */
function writtenFiles({ log, store }: Config): [option: string, path: string][] {
  return [
    ...(log?.file === undefined ? [] : [["log.file", log.file] as [string, string]]),
    ...(store?.startsWith("lmdb:") ? [["store", store.slice(5)] as [string, string]] : []),
  ];
}

/** Why this user cannot write to a file, or cannot create it. */
function whyNotWritable(path: string): string | undefined {
  const target = existsSync(path) ? path : dirname(path);
  try {
    accessSync(target, constants.W_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return target === path
      ? `cannot be written by this user (${code})`
      : `cannot be created by this user: ${target} (${code})`;
  }
}

/** Asks what the configuration names on the network. LMDB is left alone: its files would be this user's. */
async function askOthers({ keyring, store }: AuthContext, config: Config): Promise<Problem[]> {
  const problems = await Promise.all([
    ...keyring.issuers.map(askIssuer),
    ...(store && /^rediss?:/.test(config.store ?? "") ? [askStore(store)] : []),
  ]);
  return problems.flatMap((problem) => problem ?? []);
}

async function askIssuer({ issuer, keys, algorithms }: Issuer): Promise<Problem | undefined> {
  try {
    for (const alg of algorithms) if ((await keys.getKeys({ alg })).length > 0) return undefined;
    const what = `issuer ${issuer}: its jwks has no key for ${algorithms.join(", ")}`;
    return { severity: "error", what, fix: "algorithms: those that its keys are for" };
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? ` (${cause.message})` : "";
    const what = `issuer ${issuer}: ${message}${why}`;
    return { severity: "error", what, fix: "jwks: the URL that answers from this machine" };
  }
}

async function askStore(store: NonNullable<AuthContext["store"]>): Promise<Problem | undefined> {
  try {
    await store.getStatus("mayfly check", "mayfly-check@localhost");
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return { severity: "error", what: message, fix: "store: the URL of a Redis that answers" };
  }
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

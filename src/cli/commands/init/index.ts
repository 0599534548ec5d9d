import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { type InitPlan, planInit, writeInit } from "../../../config/index.ts";
import { type Account, findAccount } from "../../../doctor/account.ts";
import { MayflyError } from "../../../error.ts";
import { configFile } from "../../arguments.ts";
import { printLines } from "../../output.ts";
import { packageFolder } from "../../package-folder.ts";
import { hostName } from "../../values.ts";
import { warn } from "../../warn.ts";
import { ejabberdSteps, ejabberdUser, nativeEjabberdSteps } from "./ejabberd.ts";
import { nativeProsodySteps, prosodySteps, prosodyUser } from "./prosody.ts";
import { guide, type Setup, type Step } from "./steps.ts";

/** Where Debian's package is; npm uses no such folder. */
const packageHome = "/usr/lib/mayfly";

const servers = {
  ejabberd: { user: ejabberdUser, steps: ejabberdSteps, nativeSteps: nativeEjabberdSteps },
  prosody: { user: prosodyUser, steps: prosodySteps, nativeSteps: nativeProsodySteps },
};

interface Options {
  server: keyof typeof servers;
  host: string;
  dir: string;
  native?: true;
  dryRun?: true;
}

/** `mayfly init` */
export function init(program: Command): void {
  program
    .command("init")
    .description("Create mayfly.yml with a new key and print the steps to set up the server.")
    .addOption(
      new Option("--server <name>", "XMPP server to set up")
        .choices(Object.keys(servers))
        .makeOptionMandatory(),
    )
    .requiredOption("--host <name>", "XMPP host, such as example.com", hostName)
    .option("--dir <folder>", "folder for mayfly.yml and the key", "/etc/mayfly")
    .option("--native", "have the server verify by itself, on a machine without Node")
    .option("--dry-run", "print what would be written, and write nothing")
    .addHelpText("after", "\nExample: mayfly init --server ejabberd --host example.com")
    .action((options: Options, command: Command) => {
      if (configFile(command) !== undefined) {
        throw new MayflyError("ERR_CONFIG", "init takes no --config: it writes to --dir FOLDER");
      }
      run(options);
    });
}

function run({ server, host, dir, native, dryRun }: Options): void {
  const { user, steps, nativeSteps } = servers[server];
  const id = new Date().toISOString().slice(0, 7);
  const fresh = planInit(plain(resolve(dir), "--dir"), id);
  const home = plain(resolve(packageFolder), "mayfly");
  const setup: Setup = {
    host,
    config: fresh.config,
    secret: fresh.secret,
    program: plain(process.argv[1] ?? "", "mayfly"),
    home,
    isPackaged: home === packageHome,
  };
  const account = findAccount(user);
  // With --native, the server gets only a copy of the key.
  const owner = process.getuid?.() === 0 && !native ? account : undefined;
  if (!dryRun) writeInit(fresh, { id, host, ...(owner && { owner }) });

  const whose = owner ? `, readable only by the user ${user}` : "";
  const wrote = `${dryRun ? "would write" : "wrote"} ${fresh.config} and its key ${fresh.secret}`;
  const all = native
    ? nativeSteps(setup)
    : [...handOver(fresh, user, account, owner), ...steps(setup)];
  printLines(`${wrote}${whose}`, "", ...guide(all).trimEnd().split("\n"));
  if (native) return;
  for (const path of [setup.program, fresh.config]) {
    const [hidden] = /^\/(home|root|tmp)\//.exec(path) ?? [];
    if (hidden) warn(`systemd services cannot see ${hidden}: move ${path} elsewhere`);
  }
}

/** The step that changes the files' owner, if this process could not do it. */
function handOver(
  { folder, needsFolder, config, secret }: InitPlan,
  user: string,
  account: Account | undefined,
  owner: Account | undefined,
): Step[] {
  if (owner || account?.uid === process.getuid?.()) return [];
  const files = [...(needsFolder ? [folder] : []), config, secret].join(" ");
  const lines = [`chown ${user}:${user} ${files}`];
  if (!account && user === prosodyUser) lines.unshift("adduser --system --group mayfly");
  return [[`As root, give the files to the user ${user}, which reads them`, lines.join("\n")]];
}

/** Validates a path that is inserted unquoted into shell commands, a systemd unit, YAML and Lua. */
function plain(path: string, what: string): string {
  if (/^[\w@.,+/-]+$/.test(path)) return path;
  const problem =
    "servers would have to quote it: use a path without spaces and special characters";
  throw new MayflyError("ERR_CONFIG", `${what}: ${path}: ${problem}`);
}

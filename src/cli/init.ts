import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { type Fresh, planFresh, writeFresh } from "../config/index.ts";
import { type Account, findAccount } from "../doctor/account.ts";
import { MayflyError } from "../error.ts";
import { guide, type Setup, type Step } from "./guide.ts";
import { ejabberdSteps, ejabberdUser } from "./init-ejabberd.ts";
import { prosodySteps, prosodyUser } from "./init-prosody.ts";
import { warn } from "./keys-warn.ts";
import { configFile, hostName } from "./usage.ts";

const servers = {
  ejabberd: { user: ejabberdUser, steps: ejabberdSteps },
  prosody: { user: prosodyUser, steps: prosodySteps },
};

interface Options {
  server: keyof typeof servers;
  host: string;
  dir: string;
  dryRun?: true;
}

/** `mayfly init` */
export function init(program: Command): void {
  program
    .command("init")
    .description("write a mayfly.yml with a fresh key, and say what the server needs")
    .addOption(
      new Option("--server <name>", "the XMPP server")
        .choices(Object.keys(servers))
        .makeOptionMandatory(),
    )
    .requiredOption("--host <name>", "its host, such as example.com", hostName)
    .option("--dir <folder>", "where to write to", "/etc/mayfly")
    .option("--dry-run", "write nothing: only say what would be written")
    .addHelpText("after", "\nExample: mayfly init --server ejabberd --host example.com")
    .action((options: Options, command: Command) => {
      if (configFile(command) !== undefined) {
        throw new MayflyError("ERR_CONFIG", "init takes no --config: it writes to --dir FOLDER");
      }
      run(options);
    });
}

function run({ server, host, dir, dryRun }: Options): void {
  const id = new Date().toISOString().slice(0, 7);
  const fresh = planFresh(plain(resolve(dir), "--dir"), id);
  const setup: Setup = {
    host,
    config: fresh.config,
    program: plain(process.argv[1] ?? "", "mayfly"),
    home: plain(resolve(fileURLToPath(new URL("../..", import.meta.url))), "mayfly"),
  };
  const { user, steps } = servers[server];
  const account = findAccount(user);
  const owner = process.getuid?.() === 0 ? account : undefined;
  if (!dryRun) writeFresh(fresh, { id, host, ...(owner && { owner }) });

  const whose = owner ? `, for the user ${user} alone` : "";
  const wrote = `${dryRun ? "would write" : "wrote"} ${fresh.config} and its key ${fresh.secret}`;
  const all = [...handOver(fresh, user, account, owner), ...steps(setup)];
  process.stdout.write(`${wrote}${whose}\n\n${guide(all)}`);
  for (const path of [setup.program, fresh.config]) {
    const [hidden] = /^\/(home|root|tmp)\//.exec(path) ?? [];
    if (hidden) warn(`a service of systemd sees nothing of ${hidden}: ${path} must be elsewhere`);
  }
}

/** Gives what was written to the user, where that could not be done. */
function handOver(
  { folder, needsFolder, config, secret }: Fresh,
  user: string,
  account: Account | undefined,
  owner: Account | undefined,
): Step[] {
  if (owner || account?.uid === process.getuid?.()) return [];
  const files = [...(needsFolder ? [folder] : []), config, secret].join(" ");
  const lines = [`chown ${user}:${user} ${files}`];
  if (!account && user === prosodyUser) lines.unshift("adduser --system --group mayfly");
  return [[`As root, give it to the user ${user}, who will read it`, lines.join("\n")]];
}

/** A path that goes as it is into a shell, a unit, YAML and Lua. */
function plain(path: string, what: string): string {
  if (/^[\w@.,+/-]+$/.test(path)) return path;
  const problem =
    "servers would have to quote it: use a path without spaces and special characters";
  throw new MayflyError("ERR_CONFIG", `${what}: ${path}: ${problem}`);
}

import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Companion, type KeyEntry, KeyFile } from "../config/index.ts";
import { type Algorithm, algorithms, type Service, services } from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import { misfit } from "../keyring/index.ts";
import { warn } from "./keys-warn.ts";
import { secretFor } from "./new-secret.ts";
import { configFile, hostName } from "./usage.ts";

interface Options {
  algorithm: Algorithm;
  state: "mint" | "verify";
  host?: string[];
  service?: Service[];
  secret?: string;
}

/** `mayfly keys add` */
export function keysAdd(group: Command): void {
  group
    .command("add")
    .description("make a key and put it above the others")
    .argument("[id]", "its id (default: the month, such as 2026-11)")
    .addOption(
      new Option("--algorithm <name>", "what it signs with").choices(algorithms).default("sha1"),
    )
    .addOption(
      new Option("--state <state>", "what it may do").choices(["mint", "verify"]).default("mint"),
    )
    .option("--host <name>", "a host it serves, once for each (default: all)", addHost)
    .addOption(
      new Option("--service <name>", "a service it serves, once for each (default: all)")
        .choices(services)
        .argParser(addService),
    )
    .option("--secret <->", "- takes its secret from standard input (default: a fresh one)")
    .addHelpText("after", "\nExample: mayfly keys add --algorithm ES256 --service xmpp")
    .action(async (id: string | undefined, options: Options, command: Command) => {
      const file = new KeyFile(configFile(command), { create: true });
      await add(file, id ?? freeId(file), options);
    });
}

async function add(file: KeyFile, id: string, options: Options): Promise<void> {
  insistOnId(file, id);
  const { algorithm, state, host: hosts, service: services } = options;
  const limits = { ...(hosts && { hosts }), ...(services && { services }) };
  const given = { id, algorithm, state, ...limits };
  const { content, key, publicKey } = await secretFor(given, options.secret);
  const idle = services?.find((service) => misfit(key, hosts?.[0] ?? "", service));
  const fix = "choose another --algorithm, or leave that --service out";
  if (idle) throw new MayflyError("ERR_KEY", `key ${id}: ${algorithm} is not for ${idle}: ${fix}`);

  const { secret, public: pem } = filesOf(id);
  const companions: Companion[] = [{ name: secret, content }];
  if (publicKey) companions.push({ name: pem, content: publicKey, mode: 0o644 });
  const entry = { id, secret: `file:${secret}`, algorithm, state, ...limits };
  file.add(entry, companions);

  const paths = companions.map(({ name }) => file.beside(name)).join(", its public key to ");
  process.stdout.write(
    `added key ${id} to ${file.path}, wrote its secret to ${paths}\n${next(file, entry)}\n`,
  );
  if (file.isNew && process.env.MAYFLY_SECRET) {
    warn(`now that there is ${file.path}, $MAYFLY_SECRET is not used any more`);
  }
}

/** What to do next. Who verifies comes first, or good credentials would be refused. */
function next({ entries }: KeyFile, added: KeyEntry): string {
  const restart = "mayfly extauth and serve follow by themselves; then restart what mints";
  if (added.state === "verify") return `${restart}, and set its state to mint`;
  const old = entries.find(
    ({ state = "mint", ...entry }) => state === "mint" && covers(added, entry),
  );
  return old ? `${restart}; once all have it: mayfly keys retire ${old.id}` : restart;
}

/** Whether a key can stand in for another. */
function covers(added: KeyEntry, old: KeyEntry): boolean {
  const holds = (all?: readonly string[], some?: readonly string[]) =>
    all === undefined || (some?.every((it) => all.includes(it)) ?? false);
  const isAlike = added.algorithm === (old.algorithm ?? "sha1");
  return isAlike && holds(added.hosts, old.hosts) && holds(added.services, old.services);
}

function filesOf(id: string): { secret: string; public: string } {
  return { secret: `${id}.key`, public: `${id}.pub.pem` };
}

/** `2026-11`, or `2026-11-2` and so on where that is taken, if only by a file left behind. */
function freeId(file: KeyFile): string {
  const month = new Date().toISOString().slice(0, 7);
  for (let number = 1; ; number++) {
    const id = number === 1 ? month : `${month}-${number}`;
    const isTaken = file.entries.some((entry) => entry.id === id);
    const isLeft = Object.values(filesOf(id)).some((name) => existsSync(file.beside(name)));
    if (!isTaken && !isLeft) return id;
  }
}

function insistOnId(file: KeyFile, id: string): void {
  // Not quoted: a secret may have been given for it.
  if (!/^[\w-][\w.-]{0,62}$/.test(id)) {
    throw new MayflyError(
      "ERR_KEY",
      "the id may hold up to 63 of A-Z a-z 0-9 . _ - and not begin with a dot",
    );
  }
  if (file.entries.some((entry) => entry.id === id)) {
    throw new MayflyError("ERR_KEY", `${file.path}: the id ${id} is in use: choose another`);
  }
}

function addHost(host: string, others: string[] = []): string[] {
  return [...others, hostName(host)];
}

function addService(text: string, others: Service[] = []): Service[] {
  const service = services.find((it) => it === text);
  if (service) return [...others, service];
  throw new InvalidArgumentError(`Allowed choices are ${services.join(", ")}.`);
}

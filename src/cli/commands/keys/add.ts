import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type KeyEntry, KeyFile, type KeyFileAttachment } from "../../../config/index.ts";
import {
  type Algorithm,
  algorithms,
  type ProfileName,
  profileNames,
  type Service,
  services,
} from "../../../credential/index.ts";
import { MayflyError } from "../../../error.ts";
import { keyMismatch } from "../../../keyring/index.ts";
import { configFile } from "../../arguments.ts";
import { printLines } from "../../output.ts";
import { hostName } from "../../values.ts";
import { warn } from "../../warn.ts";
import { secretFor } from "./secret.ts";

interface Options {
  algorithm: Algorithm;
  state: "mint" | "verify";
  host?: string[];
  service?: Service[];
  profile?: ProfileName[];
  secret?: string;
}

/** `mayfly keys add` */
export function keysAdd(group: Command): void {
  group
    .command("add")
    .description("Generate a key and add it as the first.")
    .argument("[id]", "id of the key (default: the month, such as 2026-11)")
    .addOption(
      new Option("--algorithm <name>", "signature or MAC algorithm")
        .choices(algorithms)
        .default("sha1"),
    )
    .addOption(
      new Option("--state <state>", "state of the key").choices(["mint", "verify"]).default("mint"),
    )
    .option("--host <name>", "host that it serves, repeatable (default: all)", addHost)
    .addOption(
      new Option("--service <name>", "service that it serves, repeatable (default: all)")
        .choices(services)
        .argParser(addService),
    )
    .addOption(
      new Option("--profile <name>", "profile of its JWTs, repeatable (default: all)")
        .choices(profileNames)
        .argParser(addProfile),
    )
    .option("--secret <->", "- reads the secret from standard input (default: a random one)")
    .addHelpText("after", "\nExample: mayfly keys add --algorithm ES256 --service xmpp")
    .action(async (id: string | undefined, options: Options, command: Command) => {
      const file = new KeyFile(configFile(command), { create: true });
      await add(file, id ?? freeId(file), options);
    });
}

async function add(file: KeyFile, id: string, options: Options): Promise<void> {
  assertId(file, id);
  const { algorithm, state, host: hosts, service: served, profile: profiles } = options;
  const limits = {
    ...(hosts && { hosts }),
    ...(served && { services: served }),
    ...(profiles && { profiles }),
  };
  const given = { id, algorithm, state, ...limits };
  const { content, key, publicKey } = await secretFor(given, options.secret);
  const idle = served?.find((service) => keyMismatch(key, hosts?.[0] ?? "", service));
  const fix = "choose another --algorithm, or leave that --service out";
  if (idle) throw new MayflyError("ERR_KEY", `key ${id}: ${algorithm} is not for ${idle}: ${fix}`);

  const { secret, public: pem } = filesOf(id);
  const companions: KeyFileAttachment[] = [{ name: secret, content }];
  if (publicKey) companions.push({ name: pem, content: publicKey, mode: 0o644 });
  const entry = { id, secret: `file:${secret}`, algorithm, state, ...limits };
  file.add(entry, companions);

  const paths = companions.map(({ name }) => file.beside(name)).join(", its public key to ");
  printLines(`added key ${id} to ${file.path}, wrote its secret to ${paths}`, next(file, entry));
  if (file.isNew && process.env.MAYFLY_SECRET) {
    warn(`${file.path} now exists, so $MAYFLY_SECRET is no longer used`);
  }
}

/** The next steps. Programs that verify reload first, or valid credentials would be refused. */
function next({ entries }: KeyFile, added: KeyEntry): string {
  const restart =
    "mayfly extauth and mayfly serve reload by themselves; then restart the programs that mint";
  if (added.state === "verify") return `${restart}, and set its state to mint`;
  const old = entries.find(
    ({ state = "mint", ...entry }) => state === "mint" && covers(added, entry),
  );
  return old ? `${restart}; once all of them use it: mayfly keys retire ${old.id}` : restart;
}

/** Whether a key can replace another. */
function covers(added: KeyEntry, old: KeyEntry): boolean {
  const holds = (all?: readonly string[], some?: readonly string[]) =>
    all === undefined || (some?.every((it) => all.includes(it)) ?? false);
  const isAlike = added.algorithm === (old.algorithm ?? "sha1");
  return (
    isAlike &&
    holds(added.hosts, old.hosts) &&
    holds(added.services, old.services) &&
    holds(added.profiles, old.profiles)
  );
}

function filesOf(id: string): { secret: string; public: string } {
  return { secret: `${id}.key`, public: `${id}.pub.pem` };
}

/** `2026-11`, or `2026-11-2` and so on if that is in use, even if only by a leftover file. */
function freeId(file: KeyFile): string {
  const month = new Date().toISOString().slice(0, 7);
  for (let number = 1; ; number++) {
    const id = number === 1 ? month : `${month}-${number}`;
    const isTaken = file.entries.some((entry) => entry.id === id);
    const isLeft = Object.values(filesOf(id)).some((name) => existsSync(file.beside(name)));
    if (!isTaken && !isLeft) return id;
  }
}

function assertId(file: KeyFile, id: string): void {
  // The message does not quote the id: it may be a secret, given in the wrong place.
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

function addProfile(text: string, others: ProfileName[] = []): ProfileName[] {
  const profile = profileNames.find((it) => it === text);
  if (profile) return [...others, profile];
  throw new InvalidArgumentError(`Allowed choices are ${profileNames.join(", ")}.`);
}

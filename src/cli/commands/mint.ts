import { type Command, Option } from "commander";
import {
  formats,
  jidOfName,
  type MintedCredential,
  profileNames,
  type Service,
  services,
} from "../../credential/index.ts";
import { MayflyError } from "../../error.ts";
import {
  type MintRequest,
  mint as mintCredential,
  mintForAll,
  presentations,
} from "../../mint/index.ts";
import { loadContext } from "../../runtime/context.ts";
import { formatTime } from "../../time.ts";
import { configFile } from "../arguments.ts";
import {
  addJitsiOptions,
  assertJitsiOptions,
  type JitsiOptions,
  jitsiRequestOf,
} from "../jitsi-options.ts";
import { printLines } from "../output.ts";
import { duration, hostName } from "../values.ts";
import { warnAboutWritable } from "../warn.ts";

interface Options
  extends Omit<MintRequest, "jid" | "service" | "subject" | "context" | "moderator">,
    JitsiOptions {
  service: Service | "all";
  json?: true;
}

/** `mayfly mint alice@example.com --ttl 10m` */
export function mint(program: Command): void {
  const definition = program
    .command("mint")
    .description("Mint a credential.")
    .argument(
      "[jid]",
      "user it is for, such as alice@example.com; for SIP and TURN any id, or none",
    )
    .option(
      "--name <name>",
      'name of the user in your app, such as "Alice Smith", instead of the JID',
    )
    .option("--host <name>", "host of the user given by --name, such as example.com", hostName)
    .option("--exact", "refuse a name that is not in its prepared form, such as Alice for alice")
    .option(
      "--ttl <duration>",
      "lifetime, such as 90s, 10m or 24h (default: the host's ttl)",
      duration,
    )
    .addOption(
      new Option("--service <name>", "service to log in to")
        .choices([...services, "all"])
        .default("xmpp"),
    )
    .addOption(
      new Option("--format <name>", "credential format (default: that of the key)").choices(
        formats,
      ),
    )
    .option("--key <id>", "id of the key to mint with (default: the first that fits)")
    .addOption(
      new Option("--present <way>", "how to present a mojoauth credential").choices(presentations),
    )
    .addOption(new Option("--profile <name>", "claims of the JWT").choices(profileNames))
    .option("--issuer <iss>", "iss of the JWT, if its key does not name one")
    .option("--audience <aud>", "aud of a jitsi token (default: jitsi)")
    .option("--room <name>", "room of a jitsi token (default: all rooms)");
  addJitsiOptions(definition)
    .option("--escape", "escape the localpart, as in alice@corp.com@example.com (XEP-0106)")
    .option("--json", "print the credential as JSON")
    .addHelpText("after", "\nExample: mayfly mint alice@example.com --ttl 10m")
    .action(async (given: string | undefined, options: Options, command: Command) => {
      const jid = jidFrom(given, options);
      validateOptions(jid, options);
      const { service, json, name, host, exact, ...others } = options;
      const rest = {
        ...others,
        ...jitsiRequestOf(options),
        escape: name === undefined && (options.escape ?? false),
      };
      const request = { ...rest, ...(jid !== undefined && { jid }) };
      const mayfly = await loadContext(configFile(command));
      warnAboutWritable(mayfly.source);
      if (service === "all") {
        const all = await mintForAll(request, mayfly);
        printLines(...(json ? [JSON.stringify(all)] : tableOfAll(all)));
      } else {
        const credential = await mintCredential({ ...request, service }, mayfly);
        printLines(...(json ? [JSON.stringify(credential)] : tableOf(credential)));
      }
    });
}

/** The user to mint for: `<jid>`, or the JID made from `--name` and `--host`. */
function jidFrom(jid: string | undefined, { name, host, exact }: Options): string | undefined {
  if (name === undefined) {
    if (host === undefined && exact === undefined) return jid;
    const option = host === undefined ? "--exact" : "--host";
    throw new MayflyError("ERR_REQUEST", `${option} goes with --name: add it, or write the JID`);
  }
  if (jid !== undefined) {
    throw new MayflyError("ERR_REQUEST", "--name takes the place of <jid>: leave one of them out");
  }
  if (host === undefined) {
    throw new MayflyError("ERR_REQUEST", "--name needs its host: add --host example.com");
  }
  return jidOfName({ name, host, exact: exact ?? false });
}

/** Refuses options that would have no effect. */
function validateOptions(jid: string | undefined, options: Options): void {
  const { service, format, profile, issuer } = options;
  if (jid === undefined && profile !== "opentok" && (service === "xmpp" || service === "all")) {
    const fix = "name the user, such as alice@example.com";
    throw new MayflyError("ERR_REQUEST", `<jid> is missing: ${fix}`);
  }
  if (format === "mojoauth" && (profile ?? issuer) !== undefined) {
    const option = profile === undefined ? "--issuer" : "--profile";
    throw new MayflyError("ERR_REQUEST", `${option} is for a JWT: leave --format mojoauth out`);
  }
  assertJitsiOptions(options);
}

function tableOf(credential: MintedCredential): string[] {
  return table([
    ["jid", credential.jid ?? "none"],
    ...toPresent(credential),
    ["expires", formatTime(credential.expires)],
  ]);
}

/** One table for all services; SIP and TURN take the same credential. */
function tableOfAll({ xmpp, turn }: Record<Service, MintedCredential>): string[] {
  const of = (name: string, credential: MintedCredential) =>
    toPresent(credential).map(([what, value]): Line => [`${name} ${what}`, value]);
  return table([
    ["jid", xmpp.jid ?? "none"],
    ...of("xmpp", xmpp),
    ...of("sip, turn", turn),
    ["expires", formatTime(xmpp.expires)],
  ]);
}

type Line = [name: string, value: string];

function toPresent({ username, password, authzid }: MintedCredential): Line[] {
  return [
    ["username", username],
    ["password", password],
    ...(authzid === undefined ? [] : [["authzid", authzid] satisfies Line]),
  ];
}

function table(lines: Line[]): string[] {
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

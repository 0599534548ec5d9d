import { type Command, Option } from "commander";
import {
  formats,
  type MintedCredential,
  profileNames,
  type Service,
  services,
} from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import { type MintRequest, mint as mintCredential, presentations } from "../mint/index.ts";
import { open } from "./mayfly.ts";
import { mintForAll } from "./mint-for-all.ts";
import { moment } from "./moment.ts";
import { configFile, duration, insistOnJitsi } from "./usage.ts";

interface Options extends Omit<MintRequest, "jid" | "service"> {
  service: Service | "all";
  json?: true;
}

/** `mayfly mint alice@example.com --ttl 10m` */
export function mint(program: Command): void {
  program
    .command("mint")
    .description("mint a credential")
    .argument(
      "[jid]",
      "whom it is for, such as alice@example.com; for SIP and TURN any id, or none",
    )
    .option(
      "--ttl <duration>",
      "how long it lives: 90s, 10m, 24h (default: the host's ttl)",
      duration,
    )
    .addOption(
      new Option("--service <name>", "what it is for")
        .choices([...services, "all"])
        .default("xmpp"),
    )
    .addOption(
      new Option("--format <name>", "how it is built (default: that of the key)").choices(formats),
    )
    .option("--key <id>", "the key to mint with (default: the first that fits)")
    .addOption(new Option("--present <way>", "how mojoauth is handed over").choices(presentations))
    .addOption(new Option("--profile <name>", "the claims of a JWT").choices(profileNames))
    .option("--issuer <iss>", "the iss of a JWT, where its key names none")
    .option("--audience <aud>", "the aud of a jitsi token (default: jitsi)")
    .option("--room <name>", "the room of a jitsi token (default: every room)")
    .option("--escape", "escape the localpart, as in alice@corp.com@example.com (XEP-0106)")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample: mayfly mint alice@example.com --ttl 10m")
    .action(async (jid: string | undefined, options: Options, command: Command) => {
      insistOnSense(jid, options);
      const { service, json, ...rest } = options;
      const request = { ...rest, ...(jid !== undefined && { jid }) };
      const mayfly = await open(configFile(command));
      if (service === "all") {
        const all = await mintForAll(request, mayfly);
        process.stdout.write(json ? `${JSON.stringify(all)}\n` : tableOfAll(all));
      } else {
        const credential = await mintCredential({ ...request, service }, mayfly);
        process.stdout.write(json ? `${JSON.stringify(credential)}\n` : tableOf(credential));
      }
    });
}

/** Refuses what would be passed over in silence. */
function insistOnSense(jid: string | undefined, options: Options): void {
  const { service, format, profile, issuer } = options;
  if (jid === undefined && (service === "xmpp" || service === "all")) {
    const fix = "name who may log in, such as alice@example.com";
    throw new MayflyError("ERR_REQUEST", `<jid> is missing: ${fix}`);
  }
  if (format === "mojoauth" && (profile ?? issuer) !== undefined) {
    const option = profile === undefined ? "--issuer" : "--profile";
    throw new MayflyError("ERR_REQUEST", `${option} is for a JWT: leave --format mojoauth out`);
  }
  insistOnJitsi(options);
}

function tableOf(credential: MintedCredential): string {
  return table([
    ["jid", credential.jid ?? "nobody"],
    ...toPresent(credential),
    ["expires", moment(credential.expires)],
  ]);
}

/** SIP and TURN take the same. */
function tableOfAll({ xmpp, turn }: Record<Service, MintedCredential>): string {
  const of = (name: string, credential: MintedCredential) =>
    toPresent(credential).map(([what, value]): Line => [`${name} ${what}`, value]);
  return table([
    ["jid", xmpp.jid ?? "nobody"],
    ...of("xmpp", xmpp),
    ...of("sip, turn", turn),
    ["expires", moment(xmpp.expires)],
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

function table(lines: Line[]): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

import { type Command, Option } from "commander";
import { formats, profileNames, services } from "../credential/index.ts";
import { type MintRequest, mint as mintCredential, presentations } from "../mint/index.ts";
import { open } from "./mayfly.ts";
import { moment } from "./moment.ts";
import { configFile, duration } from "./usage.ts";

interface Options extends Omit<MintRequest, "jid"> {
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
    .addOption(new Option("--service <name>", "what it is for").choices(services).default("xmpp"))
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
    .action(async (jid: string | undefined, { json, ...options }: Options, command: Command) => {
      const mayfly = await open(configFile(command));
      const credential = await mintCredential(
        { ...options, ...(jid !== undefined && { jid }) },
        mayfly,
      );
      const { username, password, authzid, expires } = credential;
      const lines = [
        `jid       ${credential.jid ?? "nobody"}`,
        `username  ${username}`,
        `password  ${password}`,
        ...(authzid === undefined ? [] : [`authzid   ${authzid}`]),
        `expires   ${moment(expires)}`,
      ];
      process.stdout.write(`${json ? JSON.stringify(credential) : lines.join("\n")}\n`);
    });
}

import { type Command, Option } from "commander";
import { type Service, services } from "../credential/index.ts";
import { open } from "./mayfly.ts";
import { moment } from "./moment.ts";
import { configFile, duration } from "./usage.ts";

interface Options {
  ttl?: number;
  service: Service;
  key?: string;
  json?: true;
}

/** `mayfly mint alice@example.com --ttl 10m` */
export function mint(program: Command): void {
  program
    .command("mint")
    .description("mint a credential for a bare JID")
    .argument("<jid>", "whom it is for, such as alice@example.com")
    .option(
      "--ttl <duration>",
      "how long it lives: 90s, 10m, 24h (default: the host's ttl)",
      duration,
    )
    .addOption(new Option("--service <name>", "what it is for").choices(services).default("xmpp"))
    .option("--key <id>", "the key to mint with (default: the first in state mint)")
    .option("--json", "print JSON")
    .action((jid: string, { json, ...options }: Options, command: Command) => {
      const { minter } = open(configFile(command));
      const credential = minter.mint({ jid, ...options });
      const { username, password, expires } = credential;
      const lines = [
        `jid       ${jid}`,
        `username  ${username}`,
        `password  ${password}`,
        `expires   ${moment(expires)}`,
      ];
      process.stdout.write(`${json ? JSON.stringify(credential) : lines.join("\n")}\n`);
    });
}

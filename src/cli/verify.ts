import { text } from "node:stream/consumers";
import { type Command, Option } from "commander";
import { parseBareJid, type Service, services } from "../credential/index.ts";
import { open } from "./mayfly.ts";
import { moment } from "./moment.ts";
import { configFile } from "./usage.ts";

interface Options {
  username?: string;
  service: Service;
  json?: true;
}

/** `mayfly verify alice@example.com PASSWORD` */
export function verify(program: Command): void {
  program
    .command("verify")
    .description("decide on a credential: exit 0 accepted, 1 refused")
    .argument("<jid>", "who wants to log in, such as alice@example.com")
    .argument("<password>", "the password presented; - reads it from standard input")
    .option("--username <username>", "the <expiry>:<id> presented beside it, where one was")
    .addOption(
      new Option("--service <name>", "what it is presented to").choices(services).default("xmpp"),
    )
    .option("--json", "print the decision as JSON")
    .action(async (jid: string, given: string, { json, ...options }: Options, command: Command) => {
      const { verifier } = open(configFile(command));
      const { localpart: user, host } = parseBareJid(jid);
      const password = given === "-" ? await passwordFromStdin() : given;
      const decision = verifier.verify({ user, host, password, ...options });
      const words = decision.ok
        ? `accepted: key ${decision.key}, expires ${moment(decision.expiresAt)}`
        : `refused: ${decision.reason}`;
      process.stdout.write(`${json ? JSON.stringify(decision) : words}\n`);
      process.exitCode = decision.ok ? 0 : 1;
    });
}

async function passwordFromStdin(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, "");
}

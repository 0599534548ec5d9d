import { type Command, Option } from "commander";
import { profileNames, services } from "../credential/index.ts";
import { verify as decide, type Login } from "../verify/index.ts";
import { open, openStore } from "./mayfly.ts";
import { moment } from "./moment.ts";
import { bareJid, configFile, given, insistOnJitsi } from "./usage.ts";

interface Options extends Pick<Login, "username" | "service" | "profile" | "audience"> {
  json?: true;
}

/** `mayfly verify alice@example.com PASSWORD` */
export function verify(program: Command): void {
  program
    .command("verify")
    .description("decide on a credential, as a login would")
    .argument("<jid>", "who wants to log in, such as alice@example.com")
    .argument("<password>", "the password or token presented; - reads it from standard input")
    .option("--username <username>", "the <expiry>:<id> presented beside it, where one was")
    .addOption(
      new Option("--service <name>", "what it is presented to").choices(services).default("xmpp"),
    )
    .addOption(new Option("--profile <name>", "what a JWT must claim").choices(profileNames))
    .option("--audience <aud>", "the aud that a jitsi token must have (default: jitsi)")
    .option("--json", "print the decision as JSON")
    .addHelpText(
      "after",
      `
Exit status: 0 accepted, 1 refused, 2 wrong usage or configuration.

Example: mayfly verify alice@example.com - < password.txt`,
    )
    .action(async (jid: string, text: string, { json, ...options }: Options, command: Command) => {
      const { localpart: user, host } = bareJid(jid, "<jid>");
      insistOnJitsi(options);
      const login = { user, host, password: await given(text), ...options };
      const mayfly = await open(configFile(command), { openStore });
      const decision = await decide(login, mayfly);
      await mayfly.store?.close();
      const words = decision.ok
        ? `accepted: key ${decision.key}, expires ${moment(decision.expiresAt)}`
        : `refused: ${decision.reason}`;
      process.stdout.write(`${json ? JSON.stringify(decision) : words}\n`);
      process.exitCode = decision.ok ? 0 : 1;
    });
}

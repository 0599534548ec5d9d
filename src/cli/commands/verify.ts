import { type Command, Option } from "commander";
import { profileNames, services } from "../../credential/index.ts";
import { loadContext, openStore } from "../../runtime/context.ts";
import { formatTime } from "../../time.ts";
import { verify as decide, type VerifyRequest } from "../../verify/index.ts";
import { argumentOrStdin, configFile } from "../arguments.ts";
import { assertJitsiOptions } from "../jitsi-options.ts";
import { printLines } from "../output.ts";
import { bareJid } from "../values.ts";

interface Options extends Pick<VerifyRequest, "username" | "service" | "profile" | "audience"> {
  json?: true;
}

/** `mayfly verify alice@example.com PASSWORD` */
export function verify(program: Command): void {
  program
    .command("verify")
    .description("Verify a credential as a login would.")
    .argument("<jid>", "user who logs in, such as alice@example.com")
    .argument("<password>", "password or token; - reads it from standard input")
    .option("--username <username>", "username presented with it, if it is <expiry>:<id>")
    .addOption(
      new Option("--service <name>", "service to log in to").choices(services).default("xmpp"),
    )
    .addOption(new Option("--profile <name>", "claims that a JWT must have").choices(profileNames))
    .option("--audience <aud>", "aud that a jitsi token must have (default: jitsi)")
    .option("--json", "print the decision as JSON")
    .addHelpText(
      "after",
      `
Exit status: 0 accepted, 1 refused, 2 usage or configuration error.

Example: mayfly verify alice@example.com - < password.txt`,
    )
    .action(async (jid: string, text: string, { json, ...options }: Options, command: Command) => {
      const { localpart: user, host } = bareJid(jid, "<jid>");
      assertJitsiOptions(options);
      const login = { user, host, password: await argumentOrStdin(text), ...options };
      const mayfly = await loadContext(configFile(command), { openStore });
      const decision = await decide(login, mayfly);
      await mayfly.store?.close();
      const words = decision.ok
        ? `accepted: key ${decision.key}, expires ${formatTime(decision.expiresAt)}`
        : `refused: ${decision.reason}`;
      printLines(json ? JSON.stringify(decision) : words);
      process.exitCode = decision.ok ? 0 : 1;
    });
}

import { type Command, Option } from "commander";
import type { protocols } from "../extauth/index.ts";
import { configFile } from "./arguments.ts";

type ProtocolName = keyof typeof protocols;

/** What `mayfly extauth` is given rather than imports: the single file loads this only for its rarer options. */
export interface Extauth {
  protocolNames: readonly ProtocolName[];
  run(protocol: ProtocolName, file?: string): Promise<void>;
}

/** Adds `extauth` to a program. */
export function addExtauth(program: Command, { protocolNames, run }: Extauth): void {
  program
    .command("extauth")
    .description("Answer an XMPP server's authentication requests on standard input and output.")
    .addOption(
      new Option("--protocol <name>", "protocol that the server uses")
        .choices(protocolNames)
        .default("ejabberd"),
    )
    .addHelpText("after", "\nExample: mayfly extauth --config /etc/mayfly/mayfly.yml")
    .action(({ protocol }: { protocol: ProtocolName }, command: Command) =>
      run(protocol, configFile(command)),
    );
}

import { type Command, Option } from "commander";
import { protocolNames, type protocols } from "../extauth/index.ts";
import { runExtauth } from "./run-extauth.ts";
import { configFile } from "./usage.ts";

interface Options {
  protocol: keyof typeof protocols;
}

/** `mayfly extauth` */
export function extauth(program: Command): void {
  program
    .command("extauth")
    .description("answer a server's authentication requests on standard input and output")
    .addOption(
      new Option("--protocol <name>", "how the server speaks")
        .choices(protocolNames)
        .default("ejabberd"),
    )
    .addHelpText("after", "\nExample: mayfly extauth --config /etc/mayfly/mayfly.yml")
    .action(({ protocol }: Options, command: Command) => runExtauth(protocol, configFile(command)));
}

import { isatty } from "node:tty";
import { type Command, Option } from "commander";
import { answerWith, protocolNames, protocols, serveStream } from "../extauth/index.ts";
import { Live } from "./live.ts";
import { createLog } from "./log.ts";
import { keepInStep, silence } from "./pty.ts";
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
    .action(({ protocol }: Options, command: Command) => run(protocol, configFile(command)));
}

/**
 * Answers no to everything, so that a server that started us with a wrong command line keeps us
 * running; its log says what to mend.
 */
export async function refuseAll(mistake: string): Promise<void> {
  await run(process.argv.includes("prosody") ? "prosody" : "ejabberd", undefined, mistake);
}

async function run(name: Options["protocol"], file?: string, mistake?: string): Promise<void> {
  const isOnPty = name === "prosody" && isatty(0);
  if (isOnPty) silence();
  const log = createLog();
  process.on("uncaughtException", (error) => log.error(error, "a defect; the program goes on"));
  const live = new Live(file, log);
  if (mistake === undefined) await live.load();
  else log.error(mistake);

  const { stdin: input, stdout: output } = process;
  const protocol = isOnPty ? keepInStep() : protocols[name];
  const serving = serveStream({ input, output, protocol, answer: answerWith(live, log), log });
  process.on("SIGHUP", () => {
    if (mistake === undefined) live.load();
  });
  process.on("SIGTERM", serving.stop);
  await serving.finished;
  log.info("the end");
  process.exit(0);
}

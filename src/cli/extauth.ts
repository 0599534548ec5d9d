import type { Command } from "commander";
import { Option } from "commander";
import { type Answer, answerWith, runProgram } from "../extauth/index.ts";
import { type Login, userExists, verify } from "../verify/index.ts";
import { createLog } from "./log.ts";
import { open } from "./mayfly.ts";
import { configFile } from "./usage.ts";

/** `mayfly extauth` */
export function extauth(program: Command): void {
  program
    .command("extauth")
    .description("answer a server's authentication requests on standard input and output")
    .addOption(
      new Option("--protocol <name>", "how the server speaks")
        .choices(["ejabberd"])
        .default("ejabberd"),
    )
    .action(async (_options: object, command: Command) => {
      const { source, ...trust } = await open(configFile(command));
      const log = createLog();
      log.info({ source }, "started");
      const verifier = {
        verify: (login: Login) => verify(login, trust),
        userExists: (user: string, host: string) => userExists(user, host, trust),
      };
      await run(answerWith(verifier, log), log);
    });
}

/** Answers no to everything, so that a server that started us with a mistake keeps us running. */
export async function refuseAll(mistake: string): Promise<void> {
  const log = createLog();
  log.error(mistake);
  await run(() => {
    log.warn("refused: not configured");
    return false;
  }, log);
}

async function run(answer: Answer, log: ReturnType<typeof createLog>): Promise<void> {
  const { stdin: input, stdout: output } = process;
  process.on("uncaughtException", (error) => log.error(error, "a defect; the program goes on"));
  await runProgram({ input, output, answer, log });
  log.info("the input ended");
}

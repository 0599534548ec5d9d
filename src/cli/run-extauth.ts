import { isatty } from "node:tty";
import { answerWith, protocols, serveStream, standardStreams } from "../extauth/index.ts";
import { Live } from "./live.ts";
import { createLog } from "./log.ts";
import { keepInStep, silence } from "./pty.ts";

/**
 * Answers a server on standard input and output until its end.
 *
 * @param mistake - what is wrong with the command line, so that there is nothing to go by
 */
export async function runExtauth(
  name: keyof typeof protocols,
  file?: string,
  mistake?: string,
): Promise<void> {
  const isOnPty = name === "prosody" && isatty(0);
  if (isOnPty) silence();
  const log = createLog();
  process.on("uncaughtException", (error) => log.error(error, "a defect; the program goes on"));
  const live = new Live(file, log);
  if (mistake === undefined) await live.load();
  else log.error(mistake);

  const protocol = isOnPty ? keepInStep() : protocols[name];
  const answer = answerWith(live, log);
  const serving = serveStream({ ...standardStreams(), protocol, answer, log });
  process.on("SIGHUP", () => {
    if (mistake === undefined) live.load();
  });
  process.on("SIGTERM", serving.stop);
  await serving.finished;
  log.info("the end");
  process.exit(0);
}

/**
 * Answers no to everything, so that a server that started us with a wrong command line keeps us
 * running; its log says what to mend.
 */
export async function refuseAll(mistake: string): Promise<void> {
  await runExtauth(process.argv.includes("prosody") ? "prosody" : "ejabberd", undefined, mistake);
}

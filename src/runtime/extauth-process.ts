import { isatty } from "node:tty";
import { createHandler, protocols, RequestStream, standardStreams } from "../extauth/index.ts";
import { createLog } from "./logger.ts";
import { detachStderr, ptyProtocol } from "./pty.ts";
import { ReloadableConfig } from "./reloadable-config.ts";

/**
 * Runs `mayfly extauth`: answers an XMPP server on standard input and output, and exits with status 0
 * when standard input closes. SIGTERM ends it: with status 0 where the event loop reads the input, and
 * otherwise as a signal does that is not handled. SIGHUP reloads the configuration.
 *
 * @param usageError - message if the command line is invalid; every request is then refused
 */
export async function runExtauth(
  name: keyof typeof protocols,
  file?: string,
  usageError?: string,
): Promise<void> {
  const isOnPty = name === "prosody" && isatty(0);
  if (isOnPty) detachStderr();
  const log = createLog();
  process.on("uncaughtException", (error) => log.error(error, "uncaught exception; continuing"));
  const live = new ReloadableConfig(file, log, { isOneOfMany: true });
  if (usageError === undefined) await live.load();
  else log.error(usageError);

  const protocol = isOnPty ? ptyProtocol() : protocols[name];
  const answer = createHandler(live, log, undefined, protocol.holdMs);
  let cause = "stdin closed";
  const streams = standardStreams({
    flushLog: log.flush,
    isIdle: () => requests.isIdle,
    needsEventLoop: () => live.current?.store !== undefined,
    catchUp: () => live.catchUp(),
    // Before, SIGTERM ends the program at once: a handler would wait for the next request.
    onEventLoop: () =>
      process.on("SIGTERM", () => {
        cause = "SIGTERM received";
        requests.stop();
      }),
  });
  const requests: RequestStream = new RequestStream({ ...streams, protocol, answer, log });
  process.on("SIGHUP", () => {
    if (usageError === undefined) live.load();
  });
  await requests.finished;
  log.info(`${cause}, exiting`);
  process.exit(0);
}

/**
 * Refuses every request, and logs why. An invalid command line must not end the process: ejabberd does
 * not restart a program that exits.
 *
 * @param usageError - the message to log
 */
export async function runRefusing(usageError: string): Promise<void> {
  await runExtauth(
    process.argv.includes("prosody") ? "prosody" : "ejabberd",
    undefined,
    usageError,
  );
}

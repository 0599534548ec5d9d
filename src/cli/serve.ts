import { type Command, InvalidArgumentError } from "commander";
import { type Answer, answerWith, type Listening, listen, protocols } from "../extauth/index.ts";
import type { About } from "../http/index.ts";
import { Live } from "./live.ts";
import { createLog, type Log } from "./log.ts";
import type { Mayfly } from "./mayfly.ts";
import { configFile } from "./usage.ts";

interface Options {
  listen?: string;
  extauth?: string;
}

const usual = "127.0.0.1:5380";

/** `mayfly serve` */
export function serve(program: Command): void {
  program
    .command("serve")
    .description("serve many servers from one process: a socket for extauth, and HTTP")
    .option(
      "--listen <host:port>",
      `where to answer HTTP (default: http.listen, or ${usual})`,
      hostAndPort,
    )
    .option(
      "--extauth <unix:path>",
      "a socket for servers' authentication requests, in frames",
      socketPath,
    )
    .addHelpText("after", "\nExample: mayfly serve --extauth unix:/run/mayfly/extauth.sock")
    .action((options: Options, command: Command) =>
      run(options, configFile(command), program.version() ?? ""),
    );
}

async function run(options: Options, file: string | undefined, version: string): Promise<void> {
  const log = createLog();
  const live = new Live(file, log);
  // Whoever starts this sees it end; ejabberd, which never asks again, does not start it.
  await live.start();

  const { History, listenHttp, Metrics } = await import("../http/index.ts");
  const { web } = await import("./web.ts");
  const metrics = new Metrics();
  const history = new History();
  const about = (): About => {
    const { source, writtenAt } = live.current as Mayfly;
    const { loadedAt, mistake } = live;
    return { version, source, loadedAt, writtenAt, ...(mistake && { mistake }) };
  };
  metrics.watch(about, () => live.current?.keyring.keys ?? []);
  const address = options.listen ?? live.current?.http?.listen ?? usual;
  const http = await listenHttp(web(live, log, { metrics, history, about }), address);
  log.info({ url: http.url }, "answers HTTP");
  if (!http.isLoopback) log.warn("HTTP is open to other machines: have TLS in front of it");

  const answer = answerWith(live, log, (outcome) => {
    metrics.observe(outcome);
    history.add(outcome);
  });
  const socket = await listenForServers(options.extauth, answer, log);

  process.on("SIGHUP", () => live.load());
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, async () => {
      log.info({ signal }, "stops");
      await Promise.all([http.close(), socket?.close()]);
      process.exit(0);
    });
  }
}

async function listenForServers(
  path: string | undefined,
  answer: Answer,
  log: Log,
): Promise<Listening | undefined> {
  if (path === undefined) return undefined;
  const listening = await listen(path, { protocol: protocols.ejabberd, answer, log });
  log.info({ path }, "answers servers");
  return listening;
}

function hostAndPort(text: string): string {
  const port = /^(?:\[.+\]|[^:]+):(\d{1,5})$/.exec(text)?.[1];
  if (port !== undefined && Number(port) <= 65_535) return text;
  throw new InvalidArgumentError("Write a host and a port, such as 127.0.0.1:5380.");
}

function socketPath(text: string): string {
  const path = /^unix:(.+)$/.exec(text)?.[1];
  if (path !== undefined) return path;
  throw new InvalidArgumentError("Write unix:PATH, such as unix:/run/mayfly/extauth.sock.");
}

import type { Command } from "commander";
import { MayflyError } from "../error.ts";
import { type Answer, answerWith, type Listening, listen, protocols } from "../extauth/index.ts";
import { Live } from "./live.ts";
import { createLog, type Log } from "./log.ts";
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
    .option("--listen <host:port>", `where to answer HTTP (default: http.listen, or ${usual})`)
    .option("--extauth <unix:path>", "a socket for servers' authentication requests, in frames")
    .action((options: Options, command: Command) => run(options, configFile(command)));
}

async function run(options: Options, file: string | undefined): Promise<void> {
  const log = createLog();
  const live = new Live(file, log);
  await live.load();
  // Whoever starts this sees it end; ejabberd, which never asks again, does not start it.
  if (!live.current) throw new MayflyError("ERR_CONFIG", "the configuration cannot be used");

  const { listenHttp, Metrics } = await import("../http/index.ts");
  const { web } = await import("./web.ts");
  const metrics = new Metrics();
  const address = options.listen ?? live.current.http?.listen ?? usual;
  const http = await listenHttp(web(live, log, metrics), address);
  log.info({ url: http.url }, "answers HTTP");
  if (!http.isLoopback) log.warn("HTTP is open to other machines: have TLS in front of it");

  const answer = answerWith(live, log, (outcome) => metrics.observe(outcome));
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
  address: string | undefined,
  answer: Answer,
  log: Log,
): Promise<Listening | undefined> {
  if (address === undefined) return undefined;
  const path = /^unix:(.+)$/.exec(address)?.[1];
  if (path === undefined) {
    const fix = "write unix:/run/mayfly/extauth.sock";
    throw new MayflyError("ERR_CONFIG", `--extauth ${address}: ${fix}`);
  }
  const listening = await listen(path, { protocol: protocols.ejabberd, answer, log });
  log.info({ path }, "answers servers");
  return listening;
}

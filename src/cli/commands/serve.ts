import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import {
  createHandler,
  listen,
  protocols,
  type RequestHandler,
  type RequestOutcome,
  type UnixListener,
} from "../../extauth/index.ts";
import type { AuthContext } from "../../runtime/context.ts";
import type { ProcessInfo } from "../../runtime/http-app.ts";
import { createLog, type Log } from "../../runtime/logger.ts";
import { ReloadableConfig } from "../../runtime/reloadable-config.ts";
import { configFile } from "../arguments.ts";

interface Options {
  listen?: string;
  extauth?: string[];
  chat?: boolean;
}

const defaultListen = "127.0.0.1:5380";

/** `mayfly serve` */
export function serve(program: Command): void {
  program
    .command("serve")
    .description("Serve the HTTP API and, on a socket, authentication requests of XMPP servers.")
    .option(
      "--listen <host:port>",
      `address for HTTP (default: http.listen, or ${defaultListen})`,
      hostAndPort,
    )
    .option(
      "--extauth <unix:path>",
      "socket for authentication requests, in ejabberd's extauth protocol (repeatable)",
      (text: string, paths: string[] = []) => [...paths, socketPath(text)],
    )
    .option("--chat", "serve a chat page at /chat, with Converse; needs http.chat")
    .addHelpText("after", "\nExample: mayfly serve --extauth unix:/run/mayfly/extauth.sock")
    .action((options: Options, command: Command) =>
      run(options, configFile(command), program.version() ?? ""),
    );
}

async function run(options: Options, file: string | undefined, version: string): Promise<void> {
  const log = createLog();
  const live = new ReloadableConfig(file, log);
  // An invalid configuration ends the process: its operator sees that. (extauth stays alive instead,
  // because ejabberd does not restart a program that exits.)
  await live.start();

  const { assertChat, createHttpHandler, createInstruments, listenHttp } = await import(
    "../../runtime/http-app.ts"
  );
  const hasChat = options.chat ?? false;
  if (hasChat) assertChat(live.current as AuthContext);
  const about = (): ProcessInfo => {
    const { source, writtenAt } = live.current as AuthContext;
    const { loadedAt, loadError } = live;
    return { version, source, loadedAt, writtenAt, ...(loadError && { loadError }) };
  };
  const instruments = createInstruments(about);
  const { metrics, history } = instruments;
  const { Followers } = await import("../../sessions/index.ts");
  const followers = new Followers({
    feed: () => live.current?.store?.feed,
    warn: (fields, message) => log.warn(fields, message),
  });
  metrics.watch({
    about,
    keys: () => live.current?.keyring.keys ?? [],
    followers: () => followers.count,
  });
  const address = options.listen ?? live.current?.http?.listen ?? defaultListen;
  const http = await listenHttp(createHttpHandler(live, log, instruments, { hasChat }), address);
  log.info({ url: http.url }, "listening for HTTP");
  if (!http.isLoopback)
    log.warn("HTTP is reachable from other machines: put a TLS proxy in front of it");

  const onOutcome = (outcome: RequestOutcome) => {
    metrics.observe(outcome);
    history.add(outcome);
  };
  const { createFeedPort } = await import("../../runtime/feed-port.ts");
  const sockets: UnixListener[] = [];
  for (const path of options.extauth ?? []) {
    const feed = createFeedPort(path, live, followers);
    const answer = createHandler(live, log, onOutcome, protocols.ejabberd.holdMs, feed);
    sockets.push(await listenForServers(path, answer, log));
  }
  warnOfUnknownSockets(live, options.extauth ?? [], log);

  process.on("SIGHUP", () => live.load());
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, async () => {
      log.info({ signal }, "shutting down");
      await followers.close();
      await Promise.all([http.close(), ...sockets.map((socket) => socket.close())]);
      process.exit(0);
    });
  }
}

async function listenForServers(
  path: string,
  answer: RequestHandler,
  log: Log,
): Promise<UnixListener> {
  const listening = await listen(path, { protocol: protocols.ejabberd, answer, log });
  log.info({ path }, "listening for XMPP servers");
  return listening;
}

/** A right of a socket that is spelled in another way would be missed only when sessions stay open. */
function warnOfUnknownSockets(
  { current }: ReloadableConfig,
  paths: readonly string[],
  log: Log,
): void {
  const listened = paths.map((path) => resolve(path));
  for (const path of current?.feed?.sockets ?? []) {
    if (!listened.includes(path)) {
      log.warn({ path }, "feed.sockets: this program does not listen there: add it with --extauth");
    }
  }
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

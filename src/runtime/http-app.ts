import { MayflyError } from "../error.ts";
import { createApp } from "../http/app.ts";
import { RateLimiter, type RequestRecord } from "../http/index.ts";
import { Metrics } from "../http/metrics.ts";
import { findConverse } from "../http/routes/chat/find-converse.ts";
import type { Fetch } from "../http/server.ts";
import { LoginStats } from "../http/status/login-stats.ts";
import type { ProcessInfo } from "../http/status/process-info.ts";
import type { AuthContext } from "./context.ts";
import type { Log } from "./logger.ts";
import type { ReloadableConfig } from "./reloadable-config.ts";

export { listenHttp } from "../http/server.ts";
export type { ProcessInfo };

/** Metrics and statistics that requests are counted in, and facts about the process. */
export interface HttpInstruments {
  metrics: Metrics;
  history: LoginStats;
  about: () => ProcessInfo;
}

/** Creates the instruments of a process that `about` describes. */
export function createInstruments(about: () => ProcessInfo): HttpInstruments {
  return { metrics: new Metrics(), history: new LoginStats(), about };
}

/** Creates the HTTP handler of `mayfly serve`. It uses the configuration in force when a request arrives. */
export function createHttpHandler(
  live: ReloadableConfig,
  log: Log,
  instruments: HttpInstruments,
  { hasChat = false }: { hasChat?: boolean } = {},
): Fetch {
  const { metrics, history } = instruments;
  const limiter = new RateLimiter(60);
  let context: AuthContext | undefined;
  let app: { fetch: Fetch };

  return (request, env) => {
    if (context !== live.current) {
      context = live.current as AuthContext;
      const { chat, ...http } = context.http ?? {};
      const page = hasChat && chat && { chat: { ...chat, folder: findConverse(chat.converse) } };
      app = createApp({ ...context, ...http, ...page, ...instruments, limiter, tell: record });
    }
    return app.fetch(request, env);
  };

  function record(request: RequestRecord): void {
    const { op, ok = false, service, reason, format, ms, status, user, host } = request;
    if (status < 500 && request.warning === undefined) log.info(request, "request answered");
    else logTrouble(request);
    metrics.answered(request.route, status);
    if (op === undefined) return;
    history.add({ op, ok, reason, user, host, ms });
    metrics.observe({ op, ok, ms, reason, format });
    if (ok && service !== undefined) metrics.minted(service);
  }

  function logTrouble({ error, warning = "request failed", ...request }: RequestRecord): void {
    if (request.status >= 500) log.error({ ...request, err: error }, "request failed");
    else log.warn(request, warning);
  }
}

/**
 * Insists that the configuration has what the chat page needs, and that Converse is installed.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` with what is missing
 */
export function assertChat({ source, http = {} }: AuthContext): void {
  const { chat, signIn, trustedHeader } = http;
  if (!chat) {
    const example = "chat: { service: wss://chat.example.com/ws }";
    throw new MayflyError("ERR_CONFIG", `${source}: http.chat is missing, for --chat: ${example}`);
  }
  if (!signIn && !trustedHeader) {
    const fix = "add http.sign_in or http.trusted_header, by which users sign in";
    throw new MayflyError("ERR_CONFIG", `${source}: http.chat: ${fix}`);
  }
  findConverse(chat.converse);
}

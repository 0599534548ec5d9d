import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { type AppOptions, createApp } from "../../../../src/http/app.ts";
import type { RequestRecord } from "../../../../src/http/index.ts";
import { Metrics } from "../../../../src/http/metrics.ts";
import { LoginStats } from "../../../../src/http/status/login-stats.ts";
import { Policies } from "../../../../src/policy.ts";

/** The app of `mayfly serve` on a port of loopback, behind a proxy's prefix if there is one. */
export interface SignInApp {
  /** Its public URL, with the prefix. */
  url: string;
  /** What it has told the log. */
  records: RequestRecord[];
  stop(): void;
}

/**
 * Starts the app of `mayfly serve`.
 *
 * @param optionsFor - makes its options, by its public URL
 * @param prefix - such as `/mayfly`; it is removed from each request, as a proxy does
 */
export async function startSignInApp(
  optionsFor: (url: string) => Promise<Partial<AppOptions> & Pick<AppOptions, "keyring">>,
  prefix = "",
): Promise<SignInApp> {
  const records: RequestRecord[] = [];
  let handle: ReturnType<typeof getRequestListener> | undefined;
  const server = createServer((request, response) => {
    if (prefix && request.url?.startsWith(`${prefix}/`)) {
      request.url = request.url.slice(prefix.length);
    }
    handle?.(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`;
  const options = await optionsFor(url);
  const app = createApp({
    policies: new Policies(),
    metrics: new Metrics(),
    history: new LoginStats(),
    about: () => ({ version: "", source: "", loadedAt: 0, writtenAt: new Map() }),
    tell: (record) => void records.push(record),
    ...options,
  });
  handle = getRequestListener(app.fetch as never);
  return {
    url,
    records,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

import { once } from "node:events";
import type { Server } from "node:http";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { MayflyError } from "../error.ts";

/** Handler of requests, as Hono's `fetch`. */
export type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>;

/** A listening HTTP server. */
export interface HttpListener {
  /** `http://127.0.0.1:5380` */
  url: string;
  /** Whether it is reachable only from this machine. */
  isLoopback: boolean;
  /** Stops accepting requests; resolves once those in progress are answered, after at most 10 s. */
  close(): Promise<void>;
}

/** Time for a request to arrive, and for responses to finish when the server closes. */
const timeoutMs = 10_000;

/**
 * Listens on `host:port`; port 0 chooses a free one.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` for an invalid address, or one that cannot be listened on
 */
export async function listenHttp(fetch: Fetch, address: string): Promise<HttpListener> {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(address);
  if (!match)
    throw new MayflyError("ERR_CONFIG", `${address} is not an address: write 127.0.0.1:5380`);
  const server = createAdaptorServer({
    fetch: fetch as Parameters<typeof createAdaptorServer>[0]["fetch"],
    serverOptions: { requestTimeout: timeoutMs, headersTimeout: timeoutMs },
  }) as Server;
  try {
    server.listen(Number(match[3]), match[1] ?? match[2]);
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MayflyError("ERR_CONFIG", `${address} cannot be listened on (${code})`);
  }
  const { port, address: bound } = server.address() as { port: number; address: string };
  return {
    url: `http://${address.replace(/:\d+$/, "")}:${port}`,
    isLoopback: bound === "::1" || bound.startsWith("127."),
    close: () => close(server),
  };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  // A connection becomes idle once its request is answered, and would stay open for the next.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const end = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await closed;
  clearInterval(idle);
  clearTimeout(end);
}

import { once } from "node:events";
import type { Server } from "node:http";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { MayflyError } from "../error.ts";

/** Answers a request. */
export type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>;

/** An address that is listened on. */
export interface HttpListening {
  /** `http://127.0.0.1:5380` */
  url: string;
  /** Whether only this machine can ask. */
  isLoopback: boolean;
  /** Takes no more requests, and resolves once those under way are answered. */
  close(): Promise<void>;
}

/** Milliseconds that a request has to arrive, and that answers have when the server stops. */
const patience = 10_000;

/**
 * Serves on `host:port`; port 0 takes a free one.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` for an address that cannot be listened on.
 */
export async function listenHttp(fetch: Fetch, address: string): Promise<HttpListening> {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(address);
  if (!match) throw new MayflyError("ERR_CONFIG", `${address} is no address: write 127.0.0.1:5380`);
  const server = createAdaptorServer({
    fetch: fetch as Parameters<typeof createAdaptorServer>[0]["fetch"],
    serverOptions: { requestTimeout: patience, headersTimeout: patience },
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
  // What is answered by and by leaves its connection idle, and open for the next request.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const end = setTimeout(() => server.closeAllConnections(), patience);
  await closed;
  clearInterval(idle);
  clearTimeout(end);
}

import { once } from "node:events";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { MayflyError } from "../error.ts";

/** An address that is listened on. */
export interface HttpListening {
  /** `http://127.0.0.1:5380` */
  url: string;
  close(): Promise<void>;
}

/**
 * Serves an app on `host:port`; port 0 takes a free one.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` for an address that cannot be listened on.
 */
export async function listenHttp(app: Hono, address: string): Promise<HttpListening> {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(address);
  if (!match) throw new MayflyError("ERR_CONFIG", `${address} is no address: write 127.0.0.1:5380`);
  const server = createAdaptorServer({ fetch: app.fetch });
  try {
    server.listen(Number(match[3]), match[1] ?? match[2]);
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MayflyError("ERR_CONFIG", `${address} cannot be listened on (${code})`);
  }
  const { port } = server.address() as { port: number };
  return {
    url: `http://${address.replace(/:\d+$/, "")}:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";

/**
 * Creates a request handler for Node's own server or Express. In Express, mount it before middleware that
 * reads bodies. The `user` option of a route finds the Node request as `c.env.incoming`.
 *
 * @example
 * ```ts
 * const options = { keyring, user: (c) => c.env.incoming.session?.jid };
 * app.use("/credentials", nodeHandler(credentials(options)));
 * ```
 */
export function nodeHandler(
  app: Pick<Hono, "fetch">,
): (request: IncomingMessage, response: ServerResponse) => void {
  return getRequestListener((request, env) => app.fetch(clonable(request), env), {
    overrideGlobalObjects: false,
  });
}

/**
 * Copies a request whose body has no announced length to Node's own `Request`: Hono clones those to count the
 * body, and cannot clone the adapter's. The copy costs several times what it takes to mint.
 */
function clonable(request: Request): Request {
  const { url, method, headers } = request;
  if (method === "GET" || method === "HEAD" || headers.has("content-length")) return request;
  const { body, signal } = request;
  return new Request(url, { method, headers, body, signal, duplex: "half" });
}

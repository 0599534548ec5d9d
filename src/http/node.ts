import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";

/**
 * A handler for a server that is not Hono's: Node's own, or Express, where it is mounted before
 * anything that reads bodies. A route's `user` then finds the request as `c.env.incoming`.
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
  return getRequestListener((request, env) => app.fetch(genuine(request), env), {
    overrideGlobalObjects: false,
  });
}

/** The same request as a `Request` of Node's own: from the adapter's no other can be made, as Hono does. */
function genuine({ url, method, headers, body, signal }: Request): Request {
  return new Request(url, { method, headers, body, signal, duplex: "half" });
}

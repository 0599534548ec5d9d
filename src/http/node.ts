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
  return getRequestListener(app.fetch, { overrideGlobalObjects: false });
}

import type { IncomingMessage } from "node:http";
import type { MiddlewareHandler } from "hono";
import { Problem } from "./problem.ts";

/** A path that has nothing to resolve or to encode, with its query. */
const plain = /^(?:\/[\w-]+)+(?:\?|$)/;

/**
 * Middleware that refuses a path that changes when `.` and `..` are resolved. A proxy that checks the path
 * as it was sent would otherwise pass requests to routes that it protects.
 */
export const plainPath: MiddlewareHandler = (c, next) => {
  const incoming: IncomingMessage | undefined = c.env?.incoming;
  if (incoming?.url && plain.test(incoming.url)) return next();
  const sent = incoming?.url?.replace(/^https?:\/\/[^/?]*/i, "").replace(/\?.*$/s, "");
  if (sent !== undefined && sent !== new URL(c.req.url).pathname) {
    const problem = new Problem("request", "the path is not in its normal form");
    return Promise.resolve(problem.getResponse());
  }
  return next();
};

import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { headersOf } from "../base-app.ts";
import type { RequestLogEnv } from "../request-log.ts";

const readable = {
  "access-control-allow-credentials": "true",
  "access-control-expose-headers": "retry-after",
};

/**
 * Middleware that lets pages of some origins request credentials, with their cookies (CORS).
 *
 * Hono answers the question that a browser asks beforehand. The response to the request itself is made with
 * the same headers, where Hono's middleware would copy it twice.
 *
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol}
 */
export function crossOrigin(
  origins: readonly string[],
  methods: readonly string[],
): MiddlewareHandler<RequestLogEnv> {
  const preflight = cors({
    origin: [...origins],
    allowMethods: [...methods],
    allowHeaders: ["authorization", "content-type"],
    exposeHeaders: ["retry-after"],
    credentials: true,
    maxAge: 600,
  });
  return (c, next) => {
    if (c.req.method === "OPTIONS") return preflight(c, next);
    const origin = c.req.header("origin");
    const headers = headersOf(c);
    headers.vary = "Origin";
    if (origin !== undefined) Object.assign(headers, readable);
    if (origin !== undefined && origins.includes(origin)) {
      headers["access-control-allow-origin"] = origin;
    }
    return next();
  };
}

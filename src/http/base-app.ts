import { type Context, Hono, type MiddlewareHandler, type Next } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Problem, problemOf } from "./problem.ts";
import { annotate, type RequestLogEnv } from "./request-log.ts";

/** Limit of a request's body; a token may use half of it. */
const maxBodyBytes = 16 * 1024;

/** Reads and counts a body whose length is not announced. */
const countedBody = bodyLimit({ maxSize: maxBodyBytes, onError: refuseBody });

/**
 * Middleware that refuses large bodies. Only a body without `Content-Length` is read for it: Node's adapter
 * makes a whole `Request` for whoever looks at a body, which takes longer than to mint a credential.
 */
const limited: MiddlewareHandler = (c, next) => {
  const { method } = c.req;
  if (method === "GET" || method === "HEAD") return next();
  const announced = c.req.header("content-length");
  if (announced === undefined || c.req.header("transfer-encoding") !== undefined) {
    return countedBody(c, next);
  }
  return /^\d+$/.test(announced) && Number(announced) <= maxBodyBytes ? next() : refuseBody();
};

function refuseBody(): never {
  throw new Problem("too-large", `a body may have at most ${maxBodyBytes} bytes`);
}

/**
 * Creates a Hono app with uncached responses, limited request bodies, and errors as problems (RFC 9457).
 *
 * @param middleware - runs before the routes. It is called here, because `app.use` costs each request
 * several promises
 */
export function createRoute(...middleware: MiddlewareHandler[]): Hono<RequestLogEnv> {
  const all = [limited, ...middleware];
  const run = (c: Context<RequestLogEnv>, next: Next, index = 0): ReturnType<MiddlewareHandler> => {
    const one = all[index];
    return one ? one(c, () => run(c, next, index + 1) as Promise<void>) : next();
  };
  const app = new Hono<RequestLogEnv>();
  app.use(async (c, next) => {
    c.set("headers", { "cache-control": "no-store", "x-content-type-options": "nosniff" });
    try {
      const answer = await run(c, next);
      if (answer instanceof Response) c.res = answer; // Hono's own next gives its context
    } catch (error) {
      c.res = respondToError(error, c);
    }
    // In place: Hono's c.header would copy the response.
    const missing = c.get("headers");
    for (const name in missing) c.res.headers.set(name, missing[name] ?? "");
  });
  return app.onError(respondToError);
}

function respondToError(error: unknown, c: Context<RequestLogEnv>): Response {
  const problem = problemOf(error);
  annotate(c, { ok: false, reason: problem.kind, ...(problem.kind === "internal" && { error }) });
  return problem.getResponse();
}

/** The headers that the response will have, whether it is a success or a failure, by name in lower case. */
export function headersOf(c: Context<RequestLogEnv>): Record<string, string> {
  const headers = c.get("headers") ?? {};
  c.set("headers", headers);
  return headers;
}

/** Adds headers to the response, whichever it will be. Names in lower case. */
export function addHeaders(c: Context<RequestLogEnv>, headers: Record<string, string>): void {
  Object.assign(headersOf(c), headers);
}

/** The headers, for a response that is made with them: they are not set again. */
function takeHeaders(c: Context<RequestLogEnv>, contentType: string): Record<string, string> {
  const headers = headersOf(c);
  headers["content-type"] = contentType;
  c.set("headers", undefined);
  return headers;
}

/** A response of JSON. It is made with all of its headers at once, which is faster than Hono's `c.json`. */
export function json(c: Context<RequestLogEnv>, value: unknown): Response {
  const headers = takeHeaders(c, "application/json");
  return new Response(JSON.stringify(value), { headers });
}

/** A response of plain text, as {@link json} makes one. */
export function text(c: Context<RequestLogEnv>, value: string): Response {
  return new Response(value, { headers: takeHeaders(c, "text/plain; charset=UTF-8") });
}

/** Parameters of a request, from its query and, for POST, its form body. */
export async function parameters(c: Context): Promise<URLSearchParams> {
  const all = new URLSearchParams(/\?([^#]*)/.exec(c.req.url)?.[1]);
  if (c.req.method !== "POST") return all;
  // Ignores the content type, because Prosody's mod_auth_http misspells it.
  for (const [name, value] of new URLSearchParams(await c.req.text())) all.append(name, value);
  return all;
}

import type { Context, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";

/** Record of a request and its outcome. It has no credential, and neither the path nor the query as sent. */
export interface RequestRecord {
  method: string;
  /** The route as it is mounted, such as `/credentials`. */
  route: string;
  status: number;
  /** Duration in milliseconds. */
  ms: number;
  /** Operation: `mint`, `lookup`, `check_password`, …; absent for other routes. */
  op?: string;
  ok?: boolean;
  /** Reason of a failure: a problem's kind, or the reason of a refusal. */
  reason?: string;
  /** Service of a minted credential: `xmpp`, `sip`, `turn`, `jitsi`. */
  service?: string;
  /** Bare JID, or other id, of a minted credential. */
  jid?: string;
  /** Localpart that a server asked about. */
  user?: string;
  host?: string;
  key?: string;
  format?: string;
  /** What the operator has to know of: a request that a proxy should have stopped. */
  warning?: string;
  /** The exception behind an internal error. */
  error?: unknown;
}

type Annotation = Partial<Omit<RequestRecord, "method" | "route" | "status" | "ms">>;

/** Hono environment of the routes, through which they pass annotations to {@link requestLogger}. */
export interface RequestLogEnv {
  Variables: {
    noted?: Annotation;
    /** Headers that the response shall have. */
    headers?: Record<string, string>;
  };
}

/** The fields that a route adds to the record of its request. They are set one by one, the fastest way. */
export function noteOf(c: Context<RequestLogEnv>): Annotation {
  const noted = c.get("noted") ?? {};
  c.set("noted", noted);
  return noted;
}

/** Adds fields to the record of a request. */
export function annotate(c: Context<RequestLogEnv>, more: Annotation): void {
  Object.assign(noteOf(c), more);
}

/**
 * Middleware that passes a record of each request to a function, for a log or for counters.
 *
 * @example
 * ```ts
 * app.use(requestLogger((request) => log.info(request)));
 * ```
 */
export function requestLogger(
  tell: (request: RequestRecord) => void,
): MiddlewareHandler<RequestLogEnv> {
  return async (c, next) => {
    const started = performance.now();
    const record: RequestRecord = { method: c.req.method, route: "", status: 0, ms: 0 };
    c.set("noted", record);
    await next();
    record.route = routePath(c, -1);
    record.status = c.res.status;
    record.ms = Math.round((performance.now() - started) * 1000) / 1000;
    tell(record);
  };
}

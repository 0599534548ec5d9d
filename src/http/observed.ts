import type { Context, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";

/** What came of a request. None of it is a credential, and there is no path or query as it was sent. */
export interface Observed {
  method: string;
  /** The route as it is mounted, such as `/credentials`. */
  route: string;
  status: number;
  /** Milliseconds. */
  ms: number;
  /** What was asked for: `mint`, `lookup`, `check_password`, …; absent where no route knows. */
  op?: string;
  ok?: boolean;
  /** Why not: a problem's kind, or the reason of a decision. */
  reason?: string;
  /** What was minted for: `xmpp`, `sip`, `turn`, `jitsi`. */
  service?: string;
  /** Whom it was minted for. */
  jid?: string;
  /** Whom a server asked about. */
  user?: string;
  host?: string;
  key?: string;
  format?: string;
  /** A mistake of ours. */
  error?: unknown;
}

type Note = Partial<Omit<Observed, "method" | "route" | "status" | "ms">>;

/** What a route leaves for {@link observed}. */
export interface Noted {
  Variables: { noted?: Note };
}

/** Adds to what is told of a request. */
export function note(c: Context<Noted>, more: Note): void {
  c.set("noted", { ...c.get("noted"), ...more });
}

/**
 * Middleware that tells what came of each request, for a log or for counters.
 *
 * @example
 * ```ts
 * app.use(observed((request) => log.info(request)));
 * ```
 */
export function observed(tell: (request: Observed) => void): MiddlewareHandler<Noted> {
  return async (c, next) => {
    const started = performance.now();
    await next();
    const ms = Math.round((performance.now() - started) * 1000) / 1000;
    const { method } = c.req;
    tell({ method, route: routePath(c, -1), status: c.res.status, ms, ...c.get("noted") });
  };
}

import {
  type About,
  createApp,
  type Fetch,
  type History,
  Limiter,
  type Metrics,
  type Observed,
} from "../http/index.ts";
import type { Live } from "./live.ts";
import type { Log } from "./log.ts";
import type { Mayfly } from "./mayfly.ts";

/** Who is told what comes of requests, and what is told of the process. */
export interface Books {
  metrics: Metrics;
  history: History;
  about: () => About;
}

/** What is answered over HTTP: by the configuration that is in force when a request comes. */
export function web(live: Live, log: Log, books: Books): Fetch {
  const { metrics, history } = books;
  const limiter = new Limiter(60);
  let from: Mayfly | undefined;
  let app: { fetch: Fetch };

  return (request, env) => {
    if (from !== live.current) {
      from = live.current as Mayfly;
      app = createApp({ ...from, ...from.http, ...books, limiter, tell });
    }
    return app.fetch(request, env);
  };

  function tell({ error, ...request }: Observed): void {
    const { op, ok = false, service, reason, format, ms, status } = request;
    if (status >= 500) log.error({ ...request, err: error }, "failed");
    else log.info(request, "answered");
    metrics.answered(request.route, status);
    if (op === undefined) return;
    history.add({ ...request, op, ok });
    metrics.observe({ op, ok, ms, ...(reason && { reason }), ...(format && { format }) });
    if (ok && service !== undefined) metrics.minted(service);
  }
}

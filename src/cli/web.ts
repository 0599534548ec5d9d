import { createApp, type Fetch, Limiter, type Metrics, type Observed } from "../http/index.ts";
import type { Live } from "./live.ts";
import type { Log } from "./log.ts";
import type { Mayfly } from "./mayfly.ts";

/** What is answered over HTTP: by the configuration that is in force when a request comes. */
export function web(live: Live, log: Log, metrics: Metrics): Fetch {
  const limiter = new Limiter(60);
  let from: Mayfly | undefined;
  let app: { fetch: Fetch };

  return (request, env) => {
    if (from !== live.current) {
      from = live.current as Mayfly;
      app = createApp({ ...from, ...from.http, limiter, metrics, tell });
    }
    return app.fetch(request, env);
  };

  function tell({ error, ...request }: Observed): void {
    const { op, ok = false, service, reason, format, ms, status } = request;
    if (status >= 500) log.error({ ...request, err: error }, "failed");
    else log.info(request, "answered");
    if (op === undefined) return;
    metrics.observe({ op, ok, ms, ...(reason && { reason }), ...(format && { format }) });
    if (ok && service !== undefined) metrics.minted(service);
  }
}

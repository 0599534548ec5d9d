import { Hono } from "hono";
import { healthz } from "./healthz.ts";
import type { Metrics } from "./metrics.ts";
import { metricsRoute } from "./metrics-route.ts";
import { type Noted, type Observed, observed } from "./observed.ts";
import { Problem } from "./problem.ts";
import { type RoutesOptions, routes } from "./routes.ts";
import { type StatusOptions, status } from "./status.ts";

/** What `mayfly serve` answers with. */
export type AppOptions = RoutesOptions &
  StatusOptions & {
    metrics: Metrics;
    /** Hears of each request but the probes'. */
    tell: (request: Observed) => void;
  };

/** Everything that `mayfly serve` answers. */
export function createApp({ metrics, tell, ...options }: AppOptions): Hono<Noted> {
  const app = new Hono<Noted>();
  app.route("/healthz", healthz());
  app.route("/metrics", metricsRoute(metrics));
  app.use(observed(tell));
  app.route("/status", status(options));
  app.route("/", routes(options));
  return app.notFound(() => new Problem("not-found", "no such route").getResponse());
}

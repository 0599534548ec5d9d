import { Hono } from "hono";
import { healthz } from "./healthz.ts";
import type { Metrics } from "./metrics.ts";
import { metricsRoute } from "./metrics-route.ts";

/** The routes that are there, one file each. */
export function createApp(metrics: Metrics, isReady: () => boolean): Hono {
  return new Hono().route("/healthz", healthz(isReady)).route("/metrics", metricsRoute(metrics));
}

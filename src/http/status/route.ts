import { createHash } from "node:crypto";
import type { Hono } from "hono";
import { type BackendOptions, requireBackendSecret } from "../auth/backend.ts";
import { createRoute } from "../base-app.ts";
import { Problem } from "../problem.ts";
import type { RequestLogEnv } from "../request-log.ts";
import { statusPage } from "./page.ts";
import { type SnapshotOptions, takeSnapshot } from "./snapshot.ts";
import { style } from "./style.ts";

/** Options of {@link status}. */
export interface StatusOptions extends SnapshotOptions, BackendOptions {}

const challenge = 'Basic realm="mayfly", charset="UTF-8"';

/** Forbids scripts, resources and frames, in case names in the page are ever not escaped. */
const contentPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Interval at which the page reloads. */
const refreshSeconds = 15;

/**
 * `GET /status`: a page with login decisions, latency, keys and problems; the same figures as JSON with
 * `Accept: application/json`. Requires the backend secret as Basic password, with any username.
 *
 * The page reloads every 15 s, unless the query is `?still`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617}
 */
export function status(options: StatusOptions): Hono<RequestLogEnv> {
  const app = createRoute();
  if (options.backendSecret === undefined) {
    // No password would be accepted, so do not let the browser ask for one.
    return app.get("/", () => {
      throw new Problem("not-found", "this page needs http.backend_secret in the configuration");
    });
  }
  app.use(requireBackendSecret(options, challenge));
  app.get("/", async (c) => {
    const snapshot = await takeSnapshot(options);
    if (c.req.header("accept")?.includes("application/json")) return c.json(snapshot);
    const isStill = c.req.query("still") !== undefined;
    if (!isStill) c.header("refresh", String(refreshSeconds));
    c.header("content-security-policy", contentPolicy);
    c.header("referrer-policy", "no-referrer");
    return c.html(statusPage(snapshot, isStill ? undefined : refreshSeconds));
  });
  return app;
}

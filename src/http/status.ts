import { createHash } from "node:crypto";
import type { Hono } from "hono";
import { type BackendOptions, backend } from "./backend.ts";
import type { Noted } from "./observed.ts";
import { Problem } from "./problem.ts";
import { route } from "./route.ts";
import { type StandingOptions, standingOf } from "./standing.ts";
import { statusPage } from "./status-page.ts";
import { style } from "./status-style.ts";

/** What the page tells of, and to whom. */
export interface StatusOptions extends StandingOptions, BackendOptions {}

const challenge = 'Basic realm="mayfly", charset="UTF-8"';

/** Nothing is run or fetched, whatever gets into the page, and no other page has it in a frame. */
const contentPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Seconds between one look and the next. */
const refresh = 15;

/**
 * `GET /status`: a page for people, which shows what is decided, how fast, with which keys, and what is
 * wrong; with `Accept: application/json` the same figures. Behind the backend secret: a browser asks
 * for a name, which may be any, and a password, which is the secret.
 *
 * The page looks again by itself, unless `?still` is asked for.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617}
 */
export function status(options: StatusOptions): Hono<Noted> {
  const app = route();
  if (options.backendSecret === undefined) {
    // A browser would ask for a password that nobody can know.
    return app.get("/", () => {
      throw new Problem("not-found", "this page needs http.backend_secret in the configuration");
    });
  }
  app.use(backend(options, challenge));
  app.get("/", async (c) => {
    const standing = await standingOf(options);
    if (c.req.header("accept")?.includes("application/json")) return c.json(standing);
    const isStill = c.req.query("still") !== undefined;
    if (!isStill) c.header("refresh", String(refresh));
    c.header("content-security-policy", contentPolicy);
    c.header("referrer-policy", "no-referrer");
    return c.html(statusPage(standing, isStill ? undefined : refresh));
  });
  return app;
}

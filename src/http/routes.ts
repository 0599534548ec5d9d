import { Hono } from "hono";
import { auth } from "./auth.ts";
import type { BackendOptions } from "./backend.ts";
import { type CredentialsOptions, credentials } from "./credentials.ts";
import { type JitsiOptions, jitsi } from "./jitsi.ts";
import { oauthLookup } from "./oauth-lookup.ts";

/** What the routes need, each its own. */
export type RoutesOptions = CredentialsOptions & BackendOptions & Partial<JitsiOptions>;

/**
 * The routes that mint and decide, by the paths that they have in `mayfly serve`: `/credentials`,
 * `/oauth/lookup`, `/auth/…` and, where there is a Jitsi, `/jitsi/token`.
 */
export function routes(options: RoutesOptions): Hono {
  const app = new Hono();
  app.route("/credentials", credentials(options));
  app.route("/oauth", oauthLookup(options));
  app.route("/auth", auth(options));
  if (options.jitsi) app.route("/jitsi", jitsi({ ...options, jitsi: options.jitsi }));
  return app;
}

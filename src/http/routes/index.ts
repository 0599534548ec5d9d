import { Hono } from "hono";
import type { BackendOptions } from "../auth/backend.ts";
import { type JitsiOptions, jitsi } from "../jitsi/route.ts";
import { type RevocationsOptions, revocations, sessions } from "./admin.ts";
import { type BackchannelLogoutOptions, backchannelLogout } from "./backchannel-logout.ts";
import { type CredentialsOptions, credentials } from "./credentials.ts";
import { externalAuth } from "./external-auth.ts";
import { guest } from "./guest.ts";
import { oauthLookup } from "./oauth-lookup.ts";

/** Options of all routes. */
export type RoutesOptions = CredentialsOptions &
  BackendOptions &
  RevocationsOptions &
  BackchannelLogoutOptions &
  Partial<JitsiOptions>;

/**
 * Creates the routes of the API, at the paths of `mayfly serve`: `/credentials`, `/oauth/lookup`, `/auth/…`,
 * `/revoke`, `/sessions`, `/oidc/backchannel-logout`, with the `guests` option `/guest`, and with the `jitsi` option
 * `/jitsi/token`.
 */
export function routes(options: RoutesOptions): Hono {
  const app = new Hono();
  app.route("/credentials", credentials(options));
  app.route("/oauth", oauthLookup(options));
  app.route("/auth", externalAuth(options));
  app.route("/revoke", revocations(options));
  app.route("/sessions", sessions(options));
  app.route("/oidc", backchannelLogout(options));
  if (options.guests) app.route("/guest", guest({ ...options, guests: options.guests }));
  if (options.jitsi) app.route("/jitsi", jitsi({ ...options, jitsi: options.jitsi }));
  return app;
}

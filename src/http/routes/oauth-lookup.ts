import type { Hono } from "hono";
import type { Trust } from "../../verify/index.ts";
import { type BackendOptions, requireBackendSecret } from "../auth/backend.ts";
import { verifyToken } from "../auth/verify-token.ts";
import { createRoute, json } from "../base-app.ts";
import { Problem } from "../problem.ts";
import { annotate, noteOf, type RequestLogEnv } from "../request-log.ts";

/**
 * `POST /oauth/lookup`: verifies a token for ejabberd with `oauth_db_type: rest`, so that X-OAUTH2 and MQTT 5
 * accept minted tokens, which are stored nowhere.
 *
 * Takes `{token}` and returns `{user, scope, expire}`: the bare JID, a list, and Unix seconds as a number,
 * because ejabberd treats any other type as no expiry. An invalid token is answered with 404.
 */
export function oauthLookup(options: Trust & BackendOptions): Hono<RequestLogEnv> {
  const app = createRoute(requireBackendSecret(options));
  app.post("/lookup", async (c) => {
    const note = noteOf(c);
    note.op = "lookup";
    const { token } = parseBody(await c.req.text());
    if (typeof token !== "string") throw new Problem("request", "send {token} as JSON");
    const decision = await verifyToken(token, options);
    if (!decision.ok) {
      annotate(c, decision);
      return new Problem("not-found", "the token is not valid").getResponse();
    }
    const { user, host, expiresAt, key, format } = decision;
    note.ok = true;
    note.user = user;
    note.host = host;
    note.key = key;
    note.format = format;
    return json(c, { user: `${user}@${host}`, scope: ["sasl_auth"], expire: expiresAt });
  });
  return app;
}

function parseBody(body: string): { token?: unknown } {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    throw new Problem("request", "send {token} as JSON");
  }
}

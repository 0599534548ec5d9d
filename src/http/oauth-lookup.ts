import type { Hono } from "hono";
import type { Trust } from "../verify/index.ts";
import { type BackendOptions, backend } from "./backend.ts";
import { identify } from "./identify.ts";
import { type Noted, note } from "./observed.ts";
import { Problem } from "./problem.ts";
import { route } from "./route.ts";

/**
 * `POST /oauth/lookup`: tells ejabberd with `oauth_db_type: rest` what a token is worth, so that
 * X-OAUTH2 and MQTT 5 take minted tokens, which nobody has stored.
 *
 * Asked with `{token}`, it answers `{user, scope, expire}`: the bare JID, a list, and Unix seconds as
 * a number, since ejabberd lets what is no number never expire. Whatever is not good is not found.
 */
export function oauthLookup(options: Trust & BackendOptions): Hono<Noted> {
  const app = route();
  app.use(backend(options));
  app.post("/lookup", async (c) => {
    note(c, { op: "lookup" });
    const { token } = await bodyOf(c.req.raw);
    if (typeof token !== "string") throw new Problem("request", "send {token} as JSON");
    const decision = await identify(token, options);
    if (!decision.ok) {
      const problem = new Problem("not-found", "the token is not good");
      note(c, decision);
      return problem.getResponse();
    }
    const { user, host, expiresAt, key, format } = decision;
    note(c, { ok: true, user, host, key, format });
    return c.json({ user: `${user}@${host}`, scope: ["sasl_auth"], expire: expiresAt });
  });
  return app;
}

async function bodyOf(request: Request): Promise<{ token?: unknown }> {
  try {
    return (await request.json()) ?? {};
  } catch {
    throw new Problem("request", "send {token} as JSON");
  }
}

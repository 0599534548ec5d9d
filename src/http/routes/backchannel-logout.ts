import type { Hono } from "hono";
import { type Issuer, Keyring } from "../../keyring/index.ts";
import { logOut } from "../../sessions/index.ts";
import type { Store } from "../../store/index.ts";
import type { Trust } from "../../verify/index.ts";
import { limitAddress } from "../auth/caller.ts";
import { createRoute } from "../base-app.ts";
import { Problem } from "../problem.ts";
import { RateLimiter } from "../rate-limiter.ts";
import { annotate, type RequestLogEnv } from "../request-log.ts";

/** Options of {@link backchannelLogout}. */
export interface BackchannelLogoutOptions extends Trust {
  /** The provider that users sign in at, an issuer beside those of the keyring. */
  signInIssuer?: Issuer;
  /** Limits each address with refused requests. @defaultValue 60 requests per minute */
  limiter?: RateLimiter;
}

/**
 * `POST /oidc/backchannel-logout`: an identity provider tells that a user has signed out. Takes a
 * `logout_token` in a form, and revokes what the user was given until now, so that servers that follow the
 * feed end the sessions. Answers 200, or 400 for a token that is not good.
 *
 * @see {@link https://openid.net/specs/openid-connect-backchannel-1_0.html}
 */
export function backchannelLogout(options: BackchannelLogoutOptions): Hono<RequestLogEnv> {
  const { keyring, policies, signInIssuer, limiter = new RateLimiter(60) } = options;
  const keyrings = [keyring, ...(signInIssuer ? [new Keyring([], [signInIssuer])] : [])];
  const app = createRoute();
  app.post("/backchannel-logout", async (c) => {
    annotate(c, { op: "logout" });
    const { store } = options;
    if (!store) throw new Problem("forbidden", "revoking needs a store");
    const token = new URLSearchParams(await c.req.text()).get("logout_token") ?? "";
    const outcome = await logOutByAny(token, store);
    if (outcome === "unavailable") {
      throw new Problem("unavailable", "the keys of the issuer cannot be had now");
    }
    if ("refused" in outcome) {
      limitAddress(c, limiter);
      throw new Problem("request", `the logout_token is refused: ${outcome.refused}`);
    }
    const [jid] = outcome.jids;
    annotate(c, { ok: true, ...(jid !== undefined && { jid }) });
    return c.body(null, 200);
  });
  return app;

  /** One issuer may have two clients: the token is for one of them. */
  async function logOutByAny(
    token: string,
    store: Store,
  ): Promise<Awaited<ReturnType<typeof logOut>>> {
    const [first = keyring, ...others] = keyrings;
    const attempt = (ring: Keyring) =>
      logOut(token, { store, keyring: ring, ...(policies && { policies }) });
    let outcome = await attempt(first);
    for (const other of others) {
      if (outcome === "unavailable" || !("refused" in outcome)) break;
      outcome = await attempt(other);
    }
    return outcome;
  }
}

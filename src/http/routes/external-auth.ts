import type { Context, Hono } from "hono";
import { revokeUser, type Trust, userExists, verify } from "../../verify/index.ts";
import { type BackendOptions, requireBackendSecret } from "../auth/backend.ts";
import { createRoute, parameters, text } from "../base-app.ts";
import { Problem } from "../problem.ts";
import { annotate, noteOf, type RequestLogEnv } from "../request-log.ts";

/**
 * The routes that ejabberd_auth_http, MongooseIM's `http` and Prosody's mod_auth_http call, with `user`,
 * `server` and `pass` in the query or in a form:
 *
 * | route | answer |
 * |---|---|
 * | `GET\|POST check_password` | 200 with `true` or `false` |
 * | `GET\|POST user_exists` | 200 with `true` or `false` |
 * | `POST remove_user` | 204, after revoking the user's credentials |
 * | `POST remove_user_validate` | the same if `pass` is valid, otherwise 403 |
 * | `register`, `set_password`, `get_password`, `get_certs` | 403 |
 *
 * MongooseIM accepts only the statuses 200, 201, 204, 400, 401, 403, 404 and 409.
 *
 * @see {@link https://esl.github.io/MongooseDocs/latest/authentication-methods/http/}
 */
export function externalAuth(options: Trust & BackendOptions): Hono<RequestLogEnv> {
  const app = createRoute(requireBackendSecret(options));

  app.on(["GET", "POST"], "/check_password", async (c) => {
    const { user, host, password } = await loginOf(c);
    const note = noteOf(c);
    note.op = "check_password";
    note.user = user;
    note.host = host;
    const decision = await verify({ user, host, password }, options);
    note.ok = decision.ok;
    if (decision.ok) {
      note.key = decision.key;
      note.format = decision.format;
    } else note.reason = decision.reason;
    return text(c, String(decision.ok));
  });

  app.on(["GET", "POST"], "/user_exists", async (c) => {
    const { user, host } = await loginOf(c);
    const ok = await userExists(user, host, options);
    annotate(c, { op: "user_exists", user, host, ok });
    return text(c, String(ok));
  });

  app.post("/remove_user", async (c) => {
    const { user, host } = await loginOf(c);
    annotate(c, { op: "remove_user", user, host });
    return remove(c, user, host);
  });

  app.post("/remove_user_validate", async (c) => {
    const { user, host, password } = await loginOf(c);
    annotate(c, { op: "remove_user", user, host });
    const decision = await verify({ user, host, password }, options);
    if (!decision.ok) throw new Problem("forbidden", "the password is not valid");
    return remove(c, user, host);
  });

  // A path each: beside one pattern for all, Hono would search the routes for each request.
  for (const path of ["/register", "/set_password", "/get_password", "/get_certs"]) {
    app.all(path, () => {
      throw new Problem("forbidden", "there are no accounts here, and no passwords");
    });
  }

  return app;

  async function remove(c: Context<RequestLogEnv>, user: string, host: string): Promise<Response> {
    const { store, policies } = options;
    if (!store) throw new Problem("forbidden", "revoking needs a store");
    if (!(await revokeUser(user, host, { store, ...(policies && { policies }) }))) {
      throw new Problem("not-found", "the host is not served");
    }
    annotate(c, { ok: true });
    return c.body(null, 204);
  }
}

async function loginOf(c: Context): Promise<{ user: string; host: string; password: string }> {
  const given = await parameters(c);
  const value = (name: string) => given.get(name) ?? "";
  return { user: value("user"), host: value("server"), password: value("pass") };
}

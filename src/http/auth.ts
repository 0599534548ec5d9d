import type { Context, Hono } from "hono";
import { Policies } from "../policy/index.ts";
import { revokeUser, type Trust, userExists, verify } from "../verify/index.ts";
import { type BackendOptions, backend } from "./backend.ts";
import { type Noted, note } from "./observed.ts";
import { parameters } from "./parameters.ts";
import { Problem } from "./problem.ts";
import { route } from "./route.ts";

/**
 * What ejabberd_auth_http, MongooseIM's `http` and Prosody's mod_auth_http ask, with `user`, `server`
 * and `pass` in the query or in a form:
 *
 * | route | answer |
 * |---|---|
 * | `GET\|POST check_password` | 200 with `true` or `false` |
 * | `GET\|POST user_exists` | 200 with `true` or `false` |
 * | `POST remove_user` | 204, after revoking what the user was given |
 * | `POST remove_user_validate` | the same for who can log in, otherwise 403 |
 * | `register`, `set_password`, `get_password`, `get_certs` | 403 |
 *
 * MongooseIM knows 200, 201, 204, 400, 401, 403, 404 and 409, and no other status.
 *
 * @see {@link https://esl.github.io/MongooseDocs/latest/authentication-methods/http/}
 */
export function auth(options: Trust & BackendOptions): Hono<Noted> {
  const app = route();
  app.use(backend(options));

  app.on(["GET", "POST"], "/check_password", async (c) => {
    const { user, host, password } = await loginOf(c);
    note(c, { op: "check_password", user, host });
    const decision = await verify({ user, host, password }, options);
    note(c, decision.ok ? { ok: true, key: decision.key, format: decision.format } : decision);
    return c.text(String(decision.ok));
  });

  app.on(["GET", "POST"], "/user_exists", async (c) => {
    const { user, host } = await loginOf(c);
    const ok = await userExists(user, host, options);
    note(c, { op: "user_exists", user, host, ok });
    return c.text(String(ok));
  });

  app.post("/remove_user", async (c) => {
    const { user, host } = await loginOf(c);
    note(c, { op: "remove_user", user, host });
    return remove(c, user, host);
  });

  app.post("/remove_user_validate", async (c) => {
    const { user, host, password } = await loginOf(c);
    note(c, { op: "remove_user", user, host });
    const decision = await verify({ user, host, password }, options);
    if (!decision.ok) throw new Problem("forbidden", "the password is not good");
    return remove(c, user, host);
  });

  app.all("/:other{register|set_password|get_password|get_certs}", () => {
    throw new Problem("forbidden", "there are no accounts here, and no passwords");
  });

  return app;

  async function remove(c: Context<Noted>, user: string, host: string): Promise<Response> {
    const { store, policies = new Policies() } = options;
    if (!store) throw new Problem("forbidden", "to revoke needs a store");
    if (!(await revokeUser(user, host, { store, policies }))) {
      throw new Problem("not-found", "the host is not served");
    }
    note(c, { ok: true });
    return c.body(null, 204);
  }
}

async function loginOf(c: Context): Promise<{ user: string; host: string; password: string }> {
  const given = await parameters(c);
  const value = (name: string) => given.get(name) ?? "";
  return { user: value("user"), host: value("server"), password: value("pass") };
}

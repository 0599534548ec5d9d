import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { MayflyError } from "mayfly";

/** What a sign-in asks of the app. */
export interface ToySessionOptions {
  /** Mints for a user, to hear at once of a name that has to be written otherwise. */
  check(user: string): Promise<unknown>;
  /** What the page is told of the session. */
  tell(user: string): object;
}

/** A toy sign-in, which believes whoever says a name; put your own in its place. */
export function toySession({ check, tell }: ToySessionOptions): {
  routes: Hono;
  /** Who is signed in. */
  userOf(c: Context): string | undefined;
} {
  const users = new Map<string, string>(); // by the session's cookie
  const userOf = (c: Context) => users.get(getCookie(c, "session") ?? "");
  const routes = new Hono()
    .get("/", (c) => {
      const user = userOf(c);
      return c.json(user === undefined ? null : tell(user));
    })
    .post("/", async (c) => {
      const { user } = await c.req.json<{ user: string }>();
      try {
        await check(user);
      } catch (error) {
        if (!(error instanceof MayflyError)) throw error;
        return c.text(error.message, 400);
      }
      const id = randomUUID();
      users.set(id, user);
      setCookie(c, "session", id, { httpOnly: true, sameSite: "Strict" });
      return c.json(tell(user));
    })
    .delete("/", (c) => {
      users.delete(deleteCookie(c, "session") ?? "");
      return c.body(null, 204);
    });
  return { routes, userOf };
}

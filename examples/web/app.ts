import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { MayflyError, type MintedCredential } from "mayfly";
import type { Session } from "./session.ts";

/** What an app server has to know. */
export interface AppOptions {
  /** The XMPP host that everybody is on. */
  host: string;
  /** The address of its WebSocket; one without a host is the page's own. */
  service: string;
  mint(user: string): Promise<MintedCredential>;
}

/**
 * An app server: it knows who is signed in, and mints for them. Its sign-in is a toy, which believes
 * whoever says a name; put your own in its place.
 */
export function createApp({ host, service, mint }: AppOptions): Hono {
  const users = new Map<string, string>(); // by the session's cookie
  const userOf = (c: Context) => users.get(getCookie(c, "session") ?? "");
  const sessionOf = (user: string): Session => ({ user, host, service });

  return new Hono()
    .get("/session", (c) => {
      const user = userOf(c);
      return user === undefined ? c.json(null) : c.json(sessionOf(user));
    })
    .post("/session", async (c) => {
      const { user } = await c.req.json<{ user: string }>();
      try {
        await mint(user);
      } catch (error) {
        if (!(error instanceof MayflyError)) throw error;
        return c.text(error.message, 400); // such as a name that has to be written otherwise
      }
      const id = randomUUID();
      users.set(id, user);
      setCookie(c, "session", id, { httpOnly: true, sameSite: "Strict" });
      return c.json(sessionOf(user));
    })
    .delete("/session", (c) => {
      users.delete(deleteCookie(c, "session") ?? "");
      return c.body(null, 204);
    })
    .get("/credentials", async (c) => {
      const user = userOf(c);
      if (user === undefined) return c.body(null, 401);
      c.header("cache-control", "no-store");
      return c.json(await mint(user));
    });
}

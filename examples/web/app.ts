import { Hono } from "hono";
import type { MintedCredential } from "mayfly";
import type { Session } from "./session.ts";
import { toySession } from "./toy-session.ts";

/** What an app server has to know. */
export interface AppOptions {
  /** The XMPP host that everybody is on. */
  host: string;
  /** The address of its WebSocket; one without a host is the page's own. */
  service: string;
  mint(user: string): Promise<MintedCredential>;
}

/** An app server: it knows who is signed in, and mints for them. */
export function createApp({ host, service, mint }: AppOptions): Hono {
  const { routes, userOf } = toySession({
    check: mint,
    tell: (user): Session => ({ user, host, service }),
  });
  return new Hono().route("/session", routes).get("/credentials", async (c) => {
    const user = userOf(c);
    if (user === undefined) return c.body(null, 401);
    c.header("cache-control", "no-store");
    return c.json(await mint(user));
  });
}

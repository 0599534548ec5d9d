import { type Context, Hono } from "hono";
import { type Keyring, mint } from "mayfly";

/** What the app knows. */
export interface App {
  /** Its key `meet` is Jitsi's: HS256, `profiles` jitsi alone, `issuer` the `app_id` and the secret the `app_secret` of Jitsi's Prosody. */
  keyring: Keyring;
  /** Who is signed in, as a bare JID. */
  user: (c: Context) => string | undefined;
}

/** `GET /room-token?room=NAME`: a token of Jitsi Meet, for who is signed in and that room alone. */
export function roomTokens({ keyring, user }: App): Hono {
  const app = new Hono();
  app.get("/room-token", async (c) => {
    c.header("cache-control", "no-store");
    const jid = user(c);
    if (jid === undefined) return c.text("sign in first", 401);
    const room = c.req.query("room") ?? "";
    // A token for "*" would open every room. And is this one hers? That is for the app to know.
    if (!/^[a-z\d-]{1,64}$/.test(room)) return c.text("no such room", 400);
    const server = { key: "meet", subject: "meet.example.com" };
    const minted = await mint({ jid, room, profile: "jitsi", ttl: 300, ...server }, { keyring });
    return c.json({ token: minted.password });
  });
  return app;
}

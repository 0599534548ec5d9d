import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import type { Visitors } from "../../auth/caller.ts";
import { createRoute } from "../../base-app.ts";
import { Problem } from "../../problem.ts";
import { annotate, type RequestLogEnv } from "../../request-log.ts";
import { chatPage, contentPolicy } from "./page.ts";
import { script } from "./script.ts";

/** Options of {@link chat}. */
export interface ChatOptions {
  /** WebSocket of the XMPP server, such as `wss://chat.example.com/ws`. */
  service: string;
  /** Folder of Converse's distribution. */
  folder: string;
  /** Who is signed in. */
  visitors: Visitors;
}

/** `GET /chat`: a page with Converse for the user who is signed in, and the files that it loads. */
export function chat({ service, folder, visitors }: ChatOptions): Hono<RequestLogEnv> {
  const page = createRoute();
  page.get("/", async (c) => {
    annotate(c, { op: "chat" });
    if (!(await visitors.user(c))) {
      if (!visitors.signInUrl) throw new Problem("unauthorized", "the proxy has signed no user in");
      annotate(c, { ok: false, reason: "unauthorized" });
      return c.redirect(visitors.signInUrl(c));
    }
    annotate(c, { ok: true });
    c.header("content-security-policy", contentPolicy(service));
    c.header("referrer-policy", "same-origin");
    c.header("cross-origin-opener-policy", "same-origin");
    const signOut = visitors.signInUrl && "sign-out";
    return c.html(chatPage({ service, signOut }));
  });
  page.get("/script.js", (c) => c.body(script, 200, { "content-type": "text/javascript" }));

  const files = new Hono<RequestLogEnv>();
  files.use("/*", async (c, next) => {
    await next();
    c.header("cache-control", "public, max-age=3600");
    c.header("x-content-type-options", "nosniff");
  });
  files.get(
    "/*",
    serveStatic({ root: folder, rewriteRequestPath: (path) => path.replace("/chat/converse", "") }),
  );
  return new Hono<RequestLogEnv>().route("/converse", files).route("/", page);
}

import { Hono } from "hono";
import { listenHttp } from "../../../src/http/server.ts";

/** An app server, to be taken down. */
export interface WebApp {
  url: string;
  /** How often it was asked for a credential. */
  asked(): number;
  /** Takes no connections any more, until it is up again. */
  down(): Promise<void>;
  up(): Promise<void>;
}

/** Starts an app server with these routes; on a free port, unless told otherwise. */
export async function startWebApp(routes: Hono, address = "127.0.0.1:0"): Promise<WebApp> {
  let asked = 0;
  const app = new Hono()
    .use("/credentials", (_, next) => {
      asked++;
      return next();
    })
    .route("/", routes);
  let server = await listenHttp(app.fetch, address);
  const { url } = server;
  return {
    url,
    asked: () => asked,
    down: () => server.close(),
    async up() {
      server = await listenHttp(app.fetch, new URL(url).host);
    },
  };
}

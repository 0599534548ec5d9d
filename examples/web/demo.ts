/**
 * `npm run demo:web`: a page that logs in with what an app server mints, on a real ejabberd; with
 * `npm run demo:web -- --prosody` on Prosody. Ctrl-C stops everything.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import { Keyring, mint } from "mayfly";
import { createServer } from "vite";
import { ensureInstalled, remedy } from "../../test/support/machine/debian.ts";
import { startXmpp } from "../../test/support/servers/xmpp.ts";
import { onStop, say, stopEverything } from "../login/stage.ts";
import { createApp } from "./app.ts";

const host = "example.org";
const ttl = 30; // seconds: short, to see it end
const key = { id: "demo", secret: randomBytes(32).toString("base64") };
const name = process.argv.includes("--prosody") ? "prosody" : "ejabberd";

try {
  const missing = await ensureInstalled([name], say);
  if (missing.length > 0) throw new Error(`there is no ${name}: ${remedy(...missing)}`);
  say(`Starting ${name} ...`);
  const starting = startXmpp(name, { hosts: [host], keys: [key] });
  onStop(() =>
    starting.then(
      (xmpp) => xmpp.stop(),
      () => {},
    ),
  );
  const xmpp = await starting;
  say(`${xmpp.version} runs, and asks Mayfly who may log in`);

  const keyring = new Keyring([key]);
  const app = createApp({
    host,
    service: "/xmpp",
    mint: (user) => mint({ jid: `${user}@${host}`, ttl }, { keyring }),
  });
  const appServer = createAdaptorServer({ fetch: app.fetch }).listen(0, "127.0.0.1");
  onStop(() => appServer.close());
  await once(appServer, "listening");

  // One address for all, as a web server in front of them would have it.
  const appUrl = `http://127.0.0.1:${(appServer.address() as AddressInfo).port}`;
  const { origin, pathname } = new URL(xmpp.url);
  const page = await createServer({
    configFile: fileURLToPath(new URL("vite.config.ts", import.meta.url)),
    logLevel: "warn",
    server: {
      host: "127.0.0.1",
      proxy: {
        "/session": appUrl,
        "/credentials": appUrl,
        "/xmpp": {
          target: origin,
          ws: true,
          changeOrigin: true,
          agent: new Agent({ ca: xmpp.ca }),
          rewrite: () => pathname,
        },
      },
    },
  });
  onStop(() => {
    page.config.logger.error = () => {}; // what breaks while we stop is no news
    return page.close();
  });
  await page.listen();
  const [here = ""] = page.resolvedUrls?.local ?? [];
  const { port } = new URL(here);
  say(`\nAlice: http://localhost:${port}/?user=alice`);
  say(
    `Bob:   http://127.0.0.1:${port}/?user=bob   another name, so that he has a cookie of his own`,
  );
  say("\nCtrl-C stops everything");
} catch (error) {
  await stopEverything();
  throw error;
}

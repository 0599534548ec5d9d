/**
 * `npm run demo:call`: a call between two browsers, on a real ejabberd, Kamailio and coturn, which all
 * trust one minted credential. Ctrl-C stops everything.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import { createServer, type ProxyOptions } from "vite";
import { ensureInstalled, remedy, type ServerName } from "../../test/support/machine/debian.ts";
import { freePorts } from "../../test/support/machine/ports.ts";
import { onStop, say, stopEverything } from "../login/stage.ts";
import { createApp } from "./app.ts";
import { startServers, turnUrisOf } from "./servers.ts";

const host = "example.org";
const ttl = 300; // seconds: short, to see it end
const key = { id: "demo", secret: randomBytes(32).toString("base64") };
const needed: ServerName[] = ["ejabberd", "kamailio", "kamailioTls", "kamailioWebSocket", "coturn"];

try {
  const missing = await ensureInstalled(needed, say);
  if (missing.length > 0) throw new Error(`there is no ${missing[0]}: ${remedy(...missing)}`);
  say("Starting ejabberd, Kamailio and coturn ...");
  const [port = 0] = await freePorts(1);
  // Two names for one page, so that two users of one browser have a cookie each.
  const [alice, bob] = [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
  const servers = startServers({ host, key, origins: [alice, bob] });
  onStop(servers.stop);
  const { ejabberd, kamailio, coturn } = await servers.ready;
  const versions = `ejabberd ${ejabberd.version}, Kamailio ${kamailio.version}, coturn ${coturn.version}`;
  say(`${versions} run: each has the key, and asks nobody`);

  const turnUris = turnUrisOf(coturn);
  const app = createApp({
    host,
    key,
    ttl,
    turnUris,
    xmpp: "/xmpp-websocket",
    sip: "/sip-websocket",
  });
  const appServer = createAdaptorServer({ fetch: app.fetch }).listen(0, "127.0.0.1");
  onStop(() => appServer.close());
  await once(appServer, "listening");

  // One address for all, as a web server in front of them would have it.
  const appUrl = `http://127.0.0.1:${(appServer.address() as AddressInfo).port}`;
  const page = await createServer({
    configFile: fileURLToPath(new URL("vite.config.ts", import.meta.url)),
    logLevel: "warn",
    server: {
      host: "127.0.0.1",
      port,
      strictPort: true,
      proxy: {
        "/session": appUrl,
        "/credentials": appUrl,
        "/xmpp-websocket": socketAt(ejabberd.url, ejabberd.ca),
        "/sip-websocket": socketAt(kamailio.url, kamailio.tls.ca),
      },
    },
  });
  const { logger } = page.config;
  const { error } = logger;
  logger.error = (message, options) => {
    if (!message.includes("ws proxy")) error(message, options); // a window that closes is no news
  };
  onStop(() => page.close());
  await page.listen();
  say(`\nAlice: ${alice}/?user=alice`);
  say(`Bob:   ${bob}/?user=bob   in another window`);
  say("\nCtrl-C stops everything");
} catch (error) {
  await stopEverything();
  throw error;
}

/** The way to a WebSocket behind the page's own address. */
function socketAt(url: string, ca: string | undefined): ProxyOptions {
  const { origin: target, pathname } = new URL(url);
  const agent = new Agent({ ca });
  return { target, ws: true, changeOrigin: true, agent, rewrite: () => pathname };
}

// What Mayfly's HTTP is measured against: a plain Hono app, and a server of Node alone, that answer as much.
// node hono.mjs HONO_PORT NODE_PORT
import { createServer } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";

const credential = {
  jid: "alice@example.org",
  mechanism: "PLAIN",
  expires: 1893456000,
  username: "alice",
  password: "1893456000:x4Zzy4m6jLWqdLynZsDPKozh9TA=",
  ttl: 3600,
  uris: [],
};
const app = new Hono().get("/credentials", (c) => c.json(credential));
const [honoPort, nodePort] = process.argv.slice(2).map(Number);
createAdaptorServer({ fetch: app.fetch }).listen(honoPort, "127.0.0.1");
createServer((_, response) => response.end(JSON.stringify(credential))).listen(
  nodePort,
  "127.0.0.1",
);

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serveStatic } from "@hono/node-server/serve-static";
import { build } from "esbuild";
import { Hono } from "hono";
import { converseFolder } from "./converse.ts";

const address = "wss://chat.example.com/ws";
const distribution = "https://cdn.conversejs.org/14.0.0/dist/";
const examples = new URL("../../../examples/clients/", import.meta.url);

/** Other clients than ours, by the pages that their examples make. */
export const clientPages = { strophe: script, stanza: script, converse };

/** The name of another client. */
export type ClientName = keyof typeof clientPages;

/** A page with an example, in which nothing is changed but the address. */
async function script(service: string, name: string): Promise<Hono> {
  const { outputFiles } = await build({
    stdin: {
      contents: read(`${name}.js`).replace(address, service),
      resolveDir: fileURLToPath(examples),
    },
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "error",
  });
  const code = outputFiles[0]?.text ?? "";
  return new Hono()
    .get("/", (c) => c.html(`<!doctype html><script type="module" src="client.js"></script>`))
    .get("/client.js", (c) => c.body(code, 200, { "content-type": "text/javascript" }));
}

/** The page with Converse, in which nothing is changed but addresses; its option for BOSH has another name. */
async function converse(service: string): Promise<Hono> {
  const option = service.startsWith("https:") ? "bosh_service_url" : "websocket_url";
  const page = read("converse.html")
    .replaceAll(distribution, "/dist/")
    .replace(address, service)
    .replace("websocket_url", option);
  const files = serveStatic({
    root: converseFolder,
    rewriteRequestPath: (path) => path.replace("/dist/", "/"),
  });
  return new Hono().get("/", (c) => c.html(page)).use("/dist/*", files);
}

function read(name: string): string {
  return readFileSync(new URL(name, examples), "utf8");
}

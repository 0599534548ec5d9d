import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serveStatic } from "@hono/node-server/serve-static";
import { build } from "esbuild";
import { Hono } from "hono";
import { Keyring, type MintedCredential, mint as mintWith } from "mayfly";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { connectBrowser, host, trusted } from "../support/browser.ts";
import { converseFolder, converseRemedy, haveConverse } from "../support/converse.ts";
import { describeWith } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { responsesOf, type Visit, visit } from "../support/visit.ts";
import { startWebApp, type WebApp } from "../support/web-app.ts";
import { layWire, type Wire } from "../support/wire.ts";
import { startXmpp, type Xmpp, type XmppName } from "../support/xmpp.ts";

const address = "wss://chat.example.com/ws";
const distribution = "https://cdn.conversejs.org/14.0.0/dist/";
const keys = [{ id: "north", secret: "the secret of the other clients' tests" }];
const keyring = new Keyring(keys);
const mint = (user: string, ttl = 600) => mintWith({ jid: `${user}@${host}`, ttl }, { keyring });

const pages = { strophe: script, stanza: script, converse };
type ClientName = keyof typeof pages;

const examples = new URL("../../examples/clients/", import.meta.url);

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

/** The page with Converse, in which nothing is changed but addresses. */
async function converse(service: string): Promise<Hono> {
  const page = read("converse.html").replaceAll(distribution, "/dist/").replace(address, service);
  const files = serveStatic({
    root: converseFolder,
    rewriteRequestPath: (path) => path.replace("/dist/", "/"),
  });
  return new Hono().get("/", (c) => c.html(page)).use("/dist/*", files);
}

function read(name: string): string {
  return readFileSync(new URL(name, examples), "utf8");
}

for (const name of ["ejabberd", "prosody"] satisfies XmppName[]) {
  describeWith("chromium", name)(`other clients in Chromium, with ${name}`, () => {
    let browser: Browser;
    let server: Xmpp;

    beforeAll(async () => {
      browser = await connectBrowser();
      server = await startXmpp(name, { hosts: [host], keys, certificate: trusted() });
    });
    afterAll(async () => {
      await browser?.close();
      await server?.stop();
    });

    /** A page of a client, with a wire to the server and an app server that mints. */
    async function open(
      { onTestFinished }: TestContext,
      client: ClientName,
      mint: () => Promise<MintedCredential>,
    ): Promise<Visit & { app: WebApp; wire: Wire }> {
      const wire = await layWire(server.url);
      onTestFinished(() => wire.stop());
      const routes = await pages[client](wire.url, client);
      routes.get("/credentials", async (c) => c.json(await mint()));
      const app = await startWebApp(routes);
      onTestFinished(() => app.down());
      const visitor = await visit(browser, app.url);
      onTestFinished(() => visitor.close());
      return { ...visitor, app, wire };
    }

    test.concurrent.for(Object.keys(pages) as ClientName[])(
      "%s logs in, and once it is cut off again, with a fresh credential",
      async (client, context) => {
        context.skip(client === "converse" && !haveConverse(), converseRemedy);
        const user = `${client}-cut`;
        const minted: MintedCredential[] = [];
        const page = await open(context, client, async () => {
          const credential = await mint(user, 10); // about to expire
          minted.push(credential);
          return credential;
        });
        await until(() => isOnline(page, user));
        const first = minted.at(-1);
        const bytes = `\0${user}\0${first?.password}`;
        expect(responsesOf(page)).toEqual([{ mechanism: "PLAIN", bytes }]);

        await until(() => Date.now() / 1000 > Number(first?.expires) - 8); // or it would be the same
        for (const frames of [page.sent, page.heard]) frames.length = 0;
        page.wire.cut();
        page.wire.mend();
        await until(() => isOnline(page, user));
        const fresh = `\0${user}\0${minted.at(-1)?.password}`;
        expect(fresh).not.toBe(bytes);
        expect(responsesOf(page)).toEqual([{ mechanism: "PLAIN", bytes: fresh }]);
        if (client === "converse") await page.picture(client); // the others show nothing
      },
    );

    test.concurrent.for(["strophe", "stanza"] as const)(
      "%s gives up once a fresh credential is refused, too",
      async (client, context) => {
        const user = `${client}-refused`;
        let later = 0;
        const page = await open(context, client, async () => {
          const credential = await mint(user);
          const password = credential.password.replace(/^\d+/, (it) => `${Number(it) + ++later}`);
          return { ...credential, password };
        });
        await until(() => server.decisions(user).length === 2);
        await new Promise((done) => setTimeout(done, 3000)); // to try again
        expect(server.decisions(user)).toEqual(["bad-signature", "bad-signature"]);
        expect(page.app.asked()).toBe(2);
        expect(page.errors).toEqual([]);
      },
    );
  });
}

/** Whether the server has bound a JID of this user's, or taken a session up again. */
function isOnline({ heard }: Visit, user: string): boolean {
  const bound = new RegExp(`<jid>${user}@${host}/|<resumed `);
  return heard.some((frame) => bound.test(frame));
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveStatic } from "@hono/node-server/serve-static";
import { build } from "esbuild";
import { Hono } from "hono";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { stringify } from "yaml";
import { credentials } from "../../src/http/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { discoveredJwks } from "../../src/keyring/jwks.ts";
import { connectBrowser, host, trusted } from "../support/browser/browser.ts";
import { converseFolder, converseRemedy, haveConverse } from "../support/browser/converse.ts";
import { responsesOf, type Visit, visit } from "../support/browser/visit.ts";
import { startWebApp, type WebApp } from "../support/browser/web-app.ts";
import { type Served, startServe } from "../support/cli/run-cli.ts";
import { freePorts } from "../support/machine/ports.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/http/oidc-provider.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret of the providers' pages" }];
const examples = new URL("../../examples/identity-provider/", import.meta.url);
const distribution = "https://cdn.conversejs.org/14.0.0/dist/";

/** What a test can do in the page of `xmpp.js`. */
declare const xmpp: {
  send(element: unknown): Promise<void>;
  stop(): Promise<void>;
};
declare const xml: (name: string, attributes: object, ...children: unknown[]) => unknown;
declare const signOut: () => Promise<void>;

describeWith("chromium", "prosody")("pages with a provider's sign-in", () => {
  let browser: Browser;
  let idp: OidcProvider;
  let folder: string;
  let served: Served;
  let server: Prosody;
  let app: WebApp;

  beforeAll(async () => {
    browser = await connectBrowser();
    const [port, apiPort] = (await freePorts(2)) as [number, number];
    const redirectUris = ["xmpp", "strophe", "converse"].map(
      (it) => `http://127.0.0.1:${port}/${it}`,
    );
    const backchannelLogoutUri = `http://127.0.0.1:${apiPort}/oidc/backchannel-logout`;
    idp = await startOidcProvider({ audience: host, redirectUris, backchannelLogoutUri });
    folder = mkdtempSync(join(tmpdir(), "mayfly-provider-page-"));
    const config = join(folder, "mayfly.yml");
    const issuers = [{ issuer: idp.issuer, audience: host, logout_audience: "page" }];
    const socket = join(folder, "extauth.sock");
    const settings = { keys, issuers, store: "memory", feed: { sockets: [`unix:${socket}`] } };
    writeFileSync(config, stringify(settings));
    const listen = ["--listen", `127.0.0.1:${apiPort}`, "--extauth", `unix:${socket}`];
    served = await startServe(["--config", config, ...listen]);
    const options = `
mayfly_issuer = ${JSON.stringify(idp.issuer)}
mayfly_end_session_at_expiry = true`;
    const certificate = trusted();
    server = await startProsody({ hosts: [host], socket, certificate, options });
    const keyring = new Keyring(keys, [
      { issuer: idp.issuer, keys: discoveredJwks(idp.issuer), algorithms: ["RS256"] },
    ]);
    app = await startWebApp(await pages(keyring), `127.0.0.1:${port}`);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.down();
    await server?.stop();
    await served?.stop();
    await idp?.stop();
    rmSync(folder, { recursive: true });
  });

  /** The examples, in which nothing is changed but addresses; what they have is there for the test to use. */
  async function pages(keyring: Keyring): Promise<Hono> {
    const use =
      'import { signOut } from "./sign-in.js";Object.assign(globalThis, { xmpp, xml, signOut });';
    const scripts = {
      "xmpp.js": await bundle(`${read("xmpp.js")}${use}`),
      "strophe.js": await bundle(read("strophe.js")),
      "sign-in.js": await bundle(read("sign-in.js")),
    };
    const routes = new Hono().route("/credentials", credentials({ keyring }));
    for (const [name, code] of Object.entries(scripts)) {
      routes.get(`/${name}`, (c) => c.body(code, 200, { "content-type": "text/javascript" }));
    }
    for (const name of ["xmpp", "strophe"]) {
      routes.get(`/${name}`, (c) =>
        c.html(`<!doctype html><script type="module" src="${name}.js"></script>`),
      );
    }
    const files = serveStatic({
      root: converseFolder,
      rewriteRequestPath: (path) => path.replace("/dist/", "/"),
    });
    const converse = here(read("converse.html")).replaceAll(distribution, "/dist/");
    return routes.get("/converse", (c) => c.html(converse)).use("/dist/*", files);
  }

  async function bundle(contents: string): Promise<string> {
    const { outputFiles } = await build({
      stdin: { contents: here(contents), resolveDir: fileURLToPath(examples) },
      plugins: [
        {
          name: "addresses",
          setup({ onLoad, onResolve }) {
            onLoad({ filter: /sign-in\.js$/ }, () => ({ contents: here(read("sign-in.js")) }));
            // As docs/client.md has it for bundles.
            onResolve({ filter: /^node:dns$/ }, ({ path }) => ({ path, namespace: "none" }));
            onLoad({ filter: /./, namespace: "none" }, () => ({
              contents: "export default () => {};",
            }));
          },
        },
      ],
      bundle: true,
      format: "esm",
      write: false,
      logLevel: "error",
    });
    return outputFiles[0]?.text ?? "";
  }

  function here(text: string): string {
    return text
      .replaceAll("https://id.example.com", idp.issuer)
      .replaceAll("wss://chat.example.com/ws", server.url)
      .replaceAll('domain: "example.com"', `domain: "${host}"`)
      .replaceAll("@example.com", `@${host}`);
  }

  /** A user in a browser of their own, who signs in at the provider and is led back to the page. */
  async function signIn(
    { onTestFinished }: TestContext,
    name: string,
    user: string,
  ): Promise<Visit> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const visitor = await visit(context, `${app.url}/${name}`);
    await visitor.page.fill("#login", user);
    await visitor.page.click("button");
    return visitor;
  }

  test("@xmpp/client: two users sign in and chat, and sign out, in the page and at the provider", async (context) => {
    idp.ttl = 300;
    const [alice, bob] = (await Promise.all(
      ["alice", "bob"].map((user) => signIn(context, "xmpp", user)),
    )) as [Visit, Visit];
    await until(() => isOnline(alice, "alice") && isOnline(bob, "bob"));
    expect(responsesOf(alice)).toEqual([
      {
        mechanism: "OAUTHBEARER",
        bytes: expect.stringMatching(/^n,,.auth=Bearer eyJ.+$/),
      },
    ]);
    await bob.page.waitForFunction(() => "signOut" in globalThis);
    await alice.page.waitForFunction(() => "signOut" in globalThis);
    await alice.page.evaluate(
      (to) => xmpp.send(xml("message", { to, type: "chat" }, xml("body", {}, "good evening"))),
      `bob@${host}`,
    );
    await until(() =>
      bob.heard.some((it) => it.includes("good evening") && it.includes(`alice@${host}`)),
    );

    await bob.page.evaluate(() => void xmpp.stop().then(signOut)); // it leaves the page
    await bob.page.waitForSelector("#login"); // led back, and to the provider again, which asks anew
    expect(bob.isConnected()).toBe(false);

    // In another tab, at the provider itself, which tells Mayfly, which tells Prosody.
    const tab = await alice.page.context().newPage();
    await tab.goto(`${idp.issuer}/session/end`);
    await until(() => alice.heard.some((it) => it.includes("signed out at")));
    expect(alice.errors).toEqual([]);
  });

  test.for(["xmpp", "strophe"])(
    "%s.js: a session ends with its token, and goes on with a renewed one",
    async (name, context) => {
      idp.ttl = 6;
      const alice = await signIn(context, name, `${name}-alice`);
      await until(() => isOnline(alice, `${name}-alice`));
      idp.requests = [];
      const [first] = responsesOf(alice);
      expect(first?.mechanism).toBe("OAUTHBEARER");
      await until(() => responsesOf(alice).length > 1);
      alice.heard.length = 0;
      await until(() => isOnline(alice, `${name}-alice`));
      const last = responsesOf(alice).at(-1);
      expect(last?.bytes).not.toBe(first?.bytes);
      expect(alice.errors).toEqual([]);
      expect(idp.requests.filter((path) => path.startsWith("/interaction"))).toEqual([]);
    },
  );

  test("Converse: a user signs in, with what the token is exchanged for", async (context) => {
    context.skip(!haveConverse(), converseRemedy);
    idp.ttl = 300;
    const alice = await signIn(context, "converse", "alice-converse");
    await until(() => isOnline(alice, "alice-converse"));
    expect(responsesOf(alice)).toEqual([
      { mechanism: "PLAIN", bytes: expect.stringMatching(/^\0alice-converse\0\d+:/) },
    ]);
  });
});

function read(name: string): string {
  return readFileSync(new URL(name, examples), "utf8");
}

/** Whether the server has bound a JID of this user's, or taken a session up again. */
function isOnline({ heard }: Visit, user: string): boolean {
  const bound = new RegExp(`<jid>${user}@${host}/|<resumed `);
  return heard.some((frame) => bound.test(frame));
}

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { connectBrowser, host, trusted } from "../support/browser/browser.ts";
import {
  hearsFrom,
  isOnline,
  makeAtOnce,
  prepareConverse,
  signInAs,
  writeTo,
} from "../support/browser/chat-page.ts";
import { converseFolder, converseRemedy, haveConverse } from "../support/browser/converse.ts";
import { responsesOf, type Visit, visit } from "../support/browser/visit.ts";
import { type Served, startServe } from "../support/cli/run-cli.ts";
import { openPage } from "../support/docs/markdown.ts";
import { layWire, type Wire } from "../support/fakes/cuttable-proxy.ts";
import { freePorts } from "../support/machine/ports.ts";
import { openTerminal } from "../support/machine/terminal.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/http/oidc-provider.ts";
import { type ReverseProxy, startReverseProxy } from "../support/servers/http/reverse-proxy.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/chat.md");
const secret = page.take("secret");
const install = page.take("install");
const settings = page.take("settings");
const serve = page.take("serve");
const caddy = page.take("caddy");

const keys = [{ id: "2026-11", secret: "a secret of the identity provider's page" }];

/** Modules that Debian's ejabberd has and a chat needs, beside those of the sample. */
const modules = {
  ...parse(readFileSync("ejabberd/ejabberd.yml", "utf8")).modules,
  ...{ mod_blocking: {}, mod_privacy: {}, mod_vcard: {}, mod_caps: {}, mod_carboncopy: {} },
};

test("it installs what mayfly serve looks for", () => {
  const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(install).toBe("npm install -g mayfly converse.js@14\n");
  expect(peerDependencies["converse.js"]).toBe("^14.0.0");
});

describeWith(
  "chromium",
  "caddy",
  "ejabberd",
)("the guide, with two users in Chromium", () => {
  let provider: OidcProvider;
  let server: Ejabberd;
  let wire: Wire;
  let proxy: ReverseProxy;
  let served: Served;
  let browser: Browser;

  beforeAll(async () => {
    browser = await connectBrowser();
    server = await startEjabberd({
      ...{ hosts: [host], mayfly: { keys }, certificate: trusted() },
      options: { modules },
    });
    wire = await layWire(server.url);
  });
  afterAll(async () => {
    await browser?.close();
    await wire?.stop();
    await server?.stop();
  });

  /** Does what the page says, with nothing changed but addresses. */
  async function follow(): Promise<void> {
    const [port = 0] = await freePorts(1);
    const url = `https://127.0.0.1:${port}`;
    provider = await startOidcProvider({
      clients: [
        {
          client_id: "mayfly",
          client_secret: "the secret of the client",
          redirect_uris: [`${url}/sign-in/callback`],
          post_logout_redirect_uris: [`${url}/sign-out/done`],
        },
      ],
    });
    const terminal = openTerminal({
      here: {
        "https://id.example.com": provider.issuer,
        "https://chat.example.com": url,
        "wss://example.com:5443/ws": wire.url,
        "host: example.com ": `host: ${host} `,
      },
    });
    await terminal.run(terminal.here(secret));
    const mayfly = { keys, hosts: { [host]: { ttl: "10s" } } }; // about to expire
    const converse = `    converse: ${converseFolder}\n`; // not from npm
    writeFileSync(
      join(terminal.folder, "mayfly.yml"),
      stringify(mayfly) + terminal.here(settings) + converse,
    );
    const [, command = ""] = /^mayfly serve (.*)$/m.exec(serve) ?? [];
    served = await startServe(command.split(" "), { cwd: terminal.folder });
    onTestFinished(async () => {
      await served.stop();
      await provider.stop();
    });
    const [, site = ""] = /\{\n(.*)\}/s.exec(caddy) ?? [];
    proxy = await startReverseProxy({
      kind: "caddy",
      site: site.replace("127.0.0.1:5380", new URL(served.url).host),
      certificate: trusted(),
      port,
    });
    onTestFinished(() => proxy.stop());
  }

  async function open(context: BrowserContext): Promise<Visit> {
    onTestFinished(() => context.close());
    await prepareConverse(context);
    const visitor = await visit(context, `${proxy.url}/chat`);
    return visitor;
  }

  test("they sign in, chat, get fresh credentials, and sign out", async ({ skip }) => {
    skip(!haveConverse(), converseRemedy);
    await follow();
    const alice = await open(await browser.newContext());
    const bob = await open(await browser.newContext());
    await signInAs(alice, "alice");
    await signInAs(bob, "bob");
    await until(() => isOnline(alice, `alice@${host}`));
    await until(() => isOnline(bob, `bob@${host}`));

    await writeTo(alice, `bob@${host}`, "Hello Bob");
    await hearsFrom(bob, `alice@${host}`, "Hello Bob");
    await writeTo(bob, `alice@${host}`, "Hello Alice");
    await hearsFrom(alice, `bob@${host}`, "Hello Alice");
    await alice.picture("chat");

    expect(await makeAtOnce(bob, `carol@${host}`)).toBe(true);

    // Their credentials expire; after a lost connection the page has fresh ones, by the cookie.
    const [first] = responsesOf(alice);
    const expires = Number(/(\d{10}):/.exec(first?.bytes ?? "")?.[1]);
    await until(() => Date.now() / 1000 > expires);
    alice.heard.length = 0;
    alice.sent.length = 0;
    wire.cut();
    wire.mend();
    await until(
      () => isOnline(alice, `alice@${host}`) || alice.heard.some((it) => /<resumed /.test(it)),
    );
    const [fresh] = responsesOf(alice);
    expect(fresh?.bytes).toContain("\0alice\0");
    expect(fresh?.bytes).not.toBe(first?.bytes);

    // Nothing of the page is against its own policy, but pictures that Converse would get from elsewhere.
    expect(alice.errors).toEqual([]);
    const isElsewhere = (it: string) => it.includes("https://conversejs.org/media/logos/");
    expect(alice.violations.filter((it) => !isElsewhere(it))).toEqual([]);

    await bob.page.locator(".show-profile").click();
    await bob.page.getByRole("button", { name: "Log out" }).click();
    await bob.page.locator("form.confirm button[type=submit]").click();
    await bob.page.getByText("You are signed out.").waitFor();
    expect(provider.requests).toContain("/session/end");
    await bob.page.goto(`${proxy.url}/chat`);
    await bob.page.waitForURL(/\/interaction\//); // the provider asks again who it is
  });
});

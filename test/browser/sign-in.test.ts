import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { connectBrowser, host, trusted } from "../support/browser/browser.ts";
import { isOnline, signInAs } from "../support/browser/chat-page.ts";
import { converseFolder, converseRemedy, haveConverse } from "../support/browser/converse.ts";
import { visit } from "../support/browser/visit.ts";
import { type Served, startServe } from "../support/cli/run-cli.ts";
import { openPage } from "../support/docs/markdown.ts";
import { freePorts } from "../support/machine/ports.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/http/oidc-provider.ts";
import { type ReverseProxy, startReverseProxy } from "../support/servers/http/reverse-proxy.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const secret = "the secret that the provider has for this client";

describeWith(
  "chromium",
  "caddy",
  "apacheOpenid",
  "prosody",
)("a chat in Chromium, with Prosody", () => {
  let browser: Browser;
  let folder: string;
  let served: Served;
  let server: Prosody;
  let provider: OidcProvider;
  let caddy: ReverseProxy;
  let apache: ReverseProxy;

  beforeAll(async () => {
    browser = await connectBrowser();
    folder = mkdtempSync(join(tmpdir(), "mayfly-sign-in-"));
    const socket = join(folder, "extauth.sock");
    const [own = 0, caddyPort = 0, apachePort = 0] = await freePorts(3);
    const url = `https://127.0.0.1:${caddyPort}`;
    provider = await startOidcProvider({
      clients: [
        {
          client_id: "mayfly",
          client_secret: secret,
          redirect_uris: [
            `${url}/sign-in/callback`,
            `https://127.0.0.1:${apachePort}/mayfly/signed-in`,
          ],
          backchannel_logout_uri: `http://127.0.0.1:${own}/oidc/backchannel-logout`,
        },
      ],
    });
    // Prosody has to listen before its address is known, and the socket before that.
    const config = (service: string) => ({
      keys: [{ id: "a", secret: "a secret of the chat, of 32 bytes at least" }],
      store: "memory",
      feed: { sockets: [socket] },
      http: {
        sign_in: {
          ...{ issuer: provider.issuer, client_id: "mayfly", client_secret: secret, url, host },
          user: "preferred_username",
        },
        trusted_header: { name: "Remote-User", proxies: ["127.0.0.1"], host },
        chat: { service, converse: converseFolder },
      },
    });
    const file = join(folder, "mayfly.yml");
    writeFileSync(file, stringify(config("wss://localhost:1/")));
    const args = ["--config", file, "--listen", `127.0.0.1:${own}`, "--extauth", `unix:${socket}`];
    served = await startServe([...args, ...(haveConverse() ? ["--chat"] : [])]);
    server = await startProsody({ hosts: [host], socket, certificate: trusted() });
    writeFileSync(file, stringify(config(server.url)));
    served.kill("SIGHUP");
    await until(() => served.stderr().includes("configuration reloaded"));
    const backend = `127.0.0.1:${own}`;
    caddy = await startReverseProxy({
      ...{ kind: "caddy", port: caddyPort, certificate: trusted() },
      site: `route {\n\trequest_header -Remote-User\n\treverse_proxy ${backend}\n}\n`,
    });
    apache = await startReverseProxy({
      ...{ kind: "apache", port: apachePort, certificate: trusted() },
      site: apacheSite(provider.issuer, backend),
    });
  });
  afterAll(async () => {
    await browser?.close();
    for (const it of [caddy, apache, server, served, provider]) await it?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** The sample of the page, for all that the chat asks for, behind a prefix. */
  function apacheSite(issuer: string, backend: string): string {
    const sample = openPage("docs/proxy-sign-in.md").take("apache");
    return sample
      .replace("https://id.example.com", issuer)
      .replaceAll("/signed-in", "/mayfly/signed-in")
      .replace("<Location /credentials>", "<Location /mayfly/>")
      .replace("http://127.0.0.1:5380/credentials", `http://${backend}/`);
  }

  test("ends when its user signs out at the provider", async ({ skip }) => {
    skip(!haveConverse(), converseRemedy);
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const alice = await visit(context, `${caddy.url}/chat`);
    await signInAs(alice, "alice");
    await until(() => isOnline(alice, `alice@${host}`));

    const elsewhere = await context.newPage();
    await elsewhere.goto(`${provider.issuer}/session/end?client_id=mayfly`);
    await elsewhere.getByText("Signed out.").waitFor();
    await until(() => alice.heard.some((it) => it.includes("urn:mayfly:revoked:0")));
    // The page asks for the next credential, gets none, and so leads to the sign-in.
    await alice.page.waitForURL(/\/interaction\//);
  });

  test("is there behind Apache with mod_auth_openidc, below a prefix", async ({ skip }) => {
    skip(!haveConverse(), converseRemedy);
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const carol = await visit(context, `${apache.url}/mayfly/chat`);
    await signInAs(carol, "carol");
    await until(() => isOnline(carol, `carol@${host}`));
    expect(carol.page.url()).toBe(`${apache.url}/mayfly/chat`);
  });
});

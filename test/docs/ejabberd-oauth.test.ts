import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import type { MintedCredential } from "../../src/client/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { fetchTrusting } from "../support/browser/fetch.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { openPage } from "../support/docs/markdown.ts";
import { runSnippet } from "../support/docs/snippet.ts";
import { rowsOf } from "../support/docs/table.ts";
import { freePorts } from "../support/machine/ports.ts";
import { openTerminal } from "../support/machine/terminal.ts";
import { runServer } from "../support/servers/private-server.ts";
import { type Pool, startPool } from "../support/servers/worker-pool.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const path = "docs/ejabberd-oauth.md";
const page = openPage(path);
const byPassword = page.take("by-password");
const byCurl = page.take("by-curl");
const proxy = page.take("proxy");
const byRedirect = page.take("by-redirect");

const keys = [{ id: "north", secret: "the secret of the page of OAuth" }];
const jid = "alice@example.org";
const sample = parse(readFileSync(new URL("../../ejabberd/oauth.yml", import.meta.url), "utf8"));
type Login = { credential(): Promise<MintedCredential> };

describeWith(
  "ejabberd",
  "nginx",
  "oauth2",
)("ejabberd's own tokens", () => {
  let server: Pool;
  const here = (text: string) =>
    text.replaceAll(
      "https://chat.example.com:5443",
      server.url.replace("wss:", "https:").slice(0, -3),
    );
  /** One with all that a form may spoil. */
  const password = async () => {
    for (let ttl = 60; ; ttl++) {
      const minted = await mint({ jid, ttl }, { keyring: new Keyring(keys) });
      if (/\+.*=/.test(minted.password)) return minted.password;
    }
  };

  beforeAll(async () => {
    const { listen, ...options } = sample;
    const [{ request_handlers: handlers }] = listen;
    server = await startPool("example.org", stringify({ keys }), undefined, { handlers, options });
  });
  afterAll(() => server?.stop());

  test("are given for a password in the page", async () => {
    const values = { jid, password: await password(), fetch: fetchTrusting(server.ca) };
    const given = { jid: "string", password: "string" };
    const { login } = (await runSnippet(here(byPassword), {
      given,
      values,
      wanted: ["login"],
    })) as {
      login: Login;
    };
    const credential = await login.credential();
    expect(credential).toMatchObject({ jid, mechanism: "X-OAUTH2" });
    expect(await outcome(server, credential)).toBe(jid);
  });

  test("are given to anybody who asks so", async () => {
    const terminal = openTerminal({ env: { PASSWORD: await password() } });
    const said = await terminal.run(here(byCurl).replace("curl", "curl -ksS"));
    const { access_token: token, expires_in: ttl } = JSON.parse(said);
    expect(ttl).toBe(sample.oauth_expire);
    const credential = { jid, username: "alice", password: token, mechanism: "X-OAUTH2", ttl };
    expect(await outcome(server, { ...credential, expires: Date.now() / 1000 + ttl })).toBe(jid);
  });

  test("are not asked for with what would cost ejabberd the program", async () => {
    const before = await until(() => server.workers().length === 2 && server.workers());
    const ask = (url: string, password: string, by = fetch) => {
      const form = { grant_type: "password", username: jid, scope: "sasl_auth", password };
      return by(url, { method: "POST", body: new URLSearchParams(form) });
    };
    const [port = 0] = await freePorts(1);
    const nginx = await startProxy(port);
    try {
      const url = `http://127.0.0.1:${port}/oauth/token`;
      expect((await ask(url, "x".repeat(65_536))).status).toBe(413);
      expect((await ask(url, await password())).status).toBe(200);
      expect(server.workers()).toEqual(before);
    } finally {
      await nginx.stop();
    }
    const past = here("https://chat.example.com:5443/oauth/token");
    await ask(past, "x".repeat(65_536), fetchTrusting(server.ca)).catch(() => {});
    await until(() => server.workers().some((pid) => !before.includes(pid)));
  });

  /** The page's proxy, before the private ejabberd. */
  function startProxy(port: number) {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-nginx-"));
    const lines = proxy.replace("http://127.0.0.1:5280", here("https://chat.example.com:5443"));
    const conf = `daemon off; pid pid; error_log stderr; user root; events {}
http { access_log off; server { listen 127.0.0.1:${port}; ${lines} } }`;
    writeFileSync(join(folder, "nginx.conf"), conf);
    const command = ["/usr/sbin/nginx", "-p", folder, "-c", "nginx.conf", "-e", "stderr"];
    return runServer(folder, command, { ports: [port], ask: async () => {} });
  }

  test("are asked for on ejabberd's page, and read from the redirect", async () => {
    const assign = vi.fn<(url: URL) => void>();
    const back = "https://app.example.org/back";
    const given = { jid: "string", redirect_uri: "string", state: "string" };
    const location = {
      assign,
      // Where ejabberd sends them: its form on 23.01 crashes when it is sent.
      href: `${back}?access_token=a-token&token_type=bearer&expires_in=600&scope=sasl_auth&state=kept`,
    };
    const values = { jid, redirect_uri: back, state: "kept", location };
    const { login } = (await runSnippet(here(byRedirect), {
      given,
      values,
      wanted: ["login"],
    })) as { login: Login };
    const [[url] = []] = assign.mock.calls;
    const form = await fetchTrusting(server.ca)(url ?? "");
    expect(form.status).toBe(200);
    expect(await form.text()).toContain("kept");
    const credential = await login.credential();
    expect(credential).toMatchObject({ jid, password: "a-token", mechanism: "X-OAUTH2" });
  });
});

test("the lines are those of the sample", () => {
  const lines = rowsOf(path).map(({ cells: [line = ""] }) => parse(line.replaceAll("`", "")));
  const { "/oauth": handler, ...options } = Object.assign({}, ...lines);
  expect(sample).toMatchObject(options);
  expect(sample.listen[0].request_handlers["/oauth"]).toBe(handler);
});

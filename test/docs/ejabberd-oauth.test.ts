import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import type { MintedCredential } from "../../src/client/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type Ejabberd, startEjabberd } from "../support/ejabberd.ts";
import { fetchTrusting } from "../support/fetch.ts";
import { installGuard } from "../support/guard.ts";
import { outcome } from "../support/login.ts";
import { openPage } from "../support/markdown.ts";
import { describeWith } from "../support/needs.ts";
import { runSnippet } from "../support/snippet.ts";
import { rowsOf } from "../support/table.ts";
import { openTerminal } from "../support/terminal.ts";

const path = "docs/ejabberd-oauth.md";
const page = openPage(path);
const byPassword = page.take("ts", "passwordGrant");
const byCurl = page.take("sh", "curl");
const byRedirect = page.take("ts", "authorizationUrl");

const keys = [{ id: "north", secret: "the secret of the page of OAuth" }];
const jid = "alice@example.org";
const sample = parse(readFileSync(new URL("../../ejabberd/oauth.yml", import.meta.url), "utf8"));
type Login = { credential(): Promise<MintedCredential> };

describeWith("ejabberd", "oauth2")("ejabberd's own tokens", () => {
  let server: Ejabberd;
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
    const mayfly = { keys };
    const furnish = installGuard();
    server = await startEjabberd({ hosts: ["example.org"], mayfly, furnish, handlers, options });
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

test("there is nothing else on the page", () => {
  expect(page.left()).toEqual([]);
});

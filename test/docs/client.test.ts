import { expect, test, vi } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type Ejabberd, startEjabberd } from "../support/ejabberd.ts";
import { trust } from "../support/login.ts";
import { openPage } from "../support/markdown.ts";
import { describeWith } from "../support/needs.ts";
import { runSnippet } from "../support/snippet.ts";

const page = openPage("docs/client.md");
const logIn = page.take("ts", "login.install(xmpp)");
const options = page.take("ts", "onRetry");

const keys = [{ id: "north", secret: "the secret of the client's page" }];
const keyring = new Keyring(keys);
const fetchMint = () =>
  vi.fn(async (_url: unknown, _init?: RequestInit) =>
    Response.json(await mint({ jid: "alice@example.com", ttl: 60 }, { keyring })),
  );

describeWith("ejabberd")("the page's client", () => {
  test("logs in", async ({ onTestFinished }) => {
    const server: Ejabberd = await startEjabberd({ hosts: ["example.com"], mayfly: { keys } });
    onTestFinished(() => server.stop());
    trust(server.ca);
    const fetch = fetchMint();
    const here = logIn.replace("wss://chat.example.com/ws", server.url);
    const { xmpp } = (await runSnippet(here, { values: { fetch }, wanted: ["xmpp"] })) as {
      xmpp: { jid: unknown; stop(): Promise<unknown> };
    };
    expect(String(xmpp.jid)).toMatch(/^alice@example\.com\//);
    await xmpp.stop();
    expect(fetch.mock.calls.map(([url]) => url)).toEqual(["/credentials"]);
  });
});

test("the options are called", async () => {
  const fetch = fetchMint();
  const show = vi.fn();
  const given = { show: "(...what: unknown[]) => void" };
  const code = options.replace(/^mayfly\(/m, "const login = mayfly(");
  const start = 'import { mayfly } from "mayfly/client";\n';
  const wanted = ["login"];
  const { login } = (await runSnippet(start + code, {
    given,
    values: { fetch, show },
    wanted,
  })) as {
    login: { credential(): Promise<{ expires: number }> };
  };
  const { expires } = await login.credential();
  expect(show.mock.calls).toEqual([[expires]]);
  expect(String(fetch.mock.calls[0]?.[0])).toBe("https://api.example.com/credentials");
  expect(fetch.mock.calls[0]?.[1]).toMatchObject({ credentials: "include" });
});

test("there is nothing else on the page", () => {
  expect(page.left()).toEqual([]);
});

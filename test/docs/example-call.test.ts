import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { startServers, turnUrisOf } from "../../examples/call/servers.ts";
import { Keyring, type MintedCredential, verify } from "../../src/index.ts";
import { connectBrowser, host, trusted } from "../support/browser/browser.ts";
import { lights, press, untilAll } from "../support/browser/call-page.ts";
import { signInAs } from "../support/browser/chat-page.ts";
import { visit } from "../support/browser/visit.ts";
import { fact } from "../support/browser/web-page.ts";
import { startServe } from "../support/cli/run-cli.ts";
import { openPage } from "../support/docs/markdown.ts";
import { runSnippet } from "../support/docs/snippet.ts";
import { freePorts } from "../support/machine/ports.ts";
import { openTerminal } from "../support/machine/terminal.ts";
import { startOidcProvider } from "../support/servers/http/oidc-provider.ts";
import { startReverseProxy } from "../support/servers/http/reverse-proxy.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("examples/call/README.md");
const start = page.take("start");
const minting = page.take("minting");
const signIn = page.take("sign-in");
const build = page.take("build");
const caddy = page.take("caddy");

test("starts what test/browser/demo-call starts", () => {
  const { scripts } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(start).toMatch(/^npm install\nnpm run demo:call /);
  expect(scripts["demo:call"]).toBe("node --import tsx examples/call/demo.ts");
});

test("mints for who is signed in, what SIP and TURN take", async () => {
  const keyring = new Keyring([{ id: "call", secret: "the secret of the page on calls" }]);
  const { minted } = await runSnippet(
    `import { credentials } from "mayfly/http";\nconst minted = ${minting}`,
    {
      given: {
        keyring: 'import("mayfly").Keyring',
        turnUris: "string[]",
        session: '(c: import("hono").Context) => { jid: string } | undefined',
      },
      values: {
        keyring,
        turnUris: ["turn:turn.example.org"],
        session: () => ({ jid: "alice@example.org" }),
      },
      wanted: ["minted"],
    },
  );
  const answer = await (minted as { request(path: string): Promise<Response> }).request(
    "/?service=turn",
  );
  const { username, password } = (await answer.json()) as MintedCredential;
  const login = { user: "alice", host: "example.org", username, password, service: "sip" } as const;
  expect(await verify(login, { keyring })).toMatchObject({ ok: true, user: "alice" });
});

describeWith(
  "chromium",
  "caddy",
  "ejabberd",
  "kamailio",
  "kamailioTls",
  "kamailioWebSocket",
  "coturn",
)("the page beside mayfly serve", () => {
  test("lets who signs in at the provider chat and call, by the cookie, until they sign out", async ({
    task,
  }) => {
    const key = { id: "call", secret: "the secret of a call without an app server" };
    const [port = 0] = await freePorts(1);
    const url = `https://127.0.0.1:${port}`;
    const origins: [string, string] = [url, `https://localhost:${port}`];
    const running = startServers({ host, key, origins, certificate: trusted() });
    onTestFinished(running.stop);
    const provider = await startOidcProvider({
      clients: [
        {
          client_id: "mayfly",
          client_secret: "the secret of the client",
          redirect_uris: [`${url}/sign-in/callback`],
          post_logout_redirect_uris: [`${url}/sign-out/done`],
        },
      ],
    });
    onTestFinished(() => provider.stop());
    const { ejabberd, kamailio, coturn } = await running.ready;
    task.meta.spokeTo = `Kamailio ${kamailio.version}`;
    const terminal = openTerminal({
      here: {
        "https://id.example.com": provider.issuer,
        "https://call.example.com": url,
        "wss://example.com:5443/ws": ejabberd.url,
        "wss://sip.example.com:8443": kamailio.url,
        "turn:turn.example.com:3478?transport=udp": turnUrisOf(coturn)[0] ?? "",
        "host: example.com ": `host: ${host} `,
        '"host": "example.com"': `"host": "${host}"`,
      },
    });
    const { folder } = terminal;
    writeFileSync(join(folder, "client.key"), "the secret of the client\n", { mode: 0o600 });
    writeFileSync(join(folder, "mayfly.yml"), stringify({ keys: [key] }) + terminal.here(signIn));
    const served = await startServe([], { cwd: folder });
    onTestFinished(async () => void (await served.stop()));
    const files = join(folder, "page");
    await terminal.run(`cd ${process.cwd()}\n${build.replace("/srv/call", files)}`);
    const [, site = ""] = /\{\n(.*)\}/s.exec(terminal.here(caddy)) ?? [];
    const proxy = await startReverseProxy({
      ...{ kind: "caddy", port, certificate: trusted() },
      site: site.replace("127.0.0.1:5380", new URL(served.url).host).replace("/srv/call", files),
    });
    onTestFinished(() => proxy.stop());

    const browser = await connectBrowser();
    onTestFinished(() => browser.close());
    const alice = await visit(await browser.newContext(), proxy.url);
    const signInButton = alice.page.getByRole("button", { name: "Sign in", exact: true });
    await signInButton.waitFor();
    await alice.page.getByLabel("Your name").waitFor({ state: "hidden" });
    await until(() => alice.requests.includes("/credentials"));
    expect((await lights(alice)).map(({ light }) => light)).toEqual(["off", "off", "off"]);

    await signInButton.click();
    await signInAs(alice, "alice");
    expect(await untilAll(alice, "good")).toEqual([
      "Online",
      "Registered",
      expect.stringMatching(/^A relay at 127\.0\.0\.1:\d+$/),
    ]);
    expect(alice.page.url()).toBe(`${proxy.url}/`);
    expect(await fact(alice, "Id")).toBe(`alice@${host}`);
    const cookies = (await alice.page.context().cookies(proxy.url)).map(({ name }) => name);
    expect(cookies).toContain("__Host-mayfly");
    expect(cookies).not.toContain("session"); // of the toy

    await press(alice, "Sign out alice");
    await alice.page.getByText("You are signed out.").waitFor();
    expect(provider.requests).toContain("/session/end");
    const asked = alice.page.waitForResponse(/\/credentials\?/);
    await alice.page.goto(proxy.url);
    expect((await asked).status()).toBe(401);
    await signInButton.waitFor();
    expect((await lights(alice)).map(({ light }) => light)).toEqual(["off", "off", "off"]);
    expect(alice.errors).toEqual([]);
  });
});

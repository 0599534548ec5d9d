import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Served, startServe } from "../support/cli/run-cli.ts";
import { WebClient } from "../support/clients/web-client.ts";
import { openPage } from "../support/docs/markdown.ts";
import { listen } from "../support/fakes/http-listener.ts";
import { freePorts } from "../support/machine/ports.ts";
import { startOidcProvider } from "../support/servers/http/oidc-provider.ts";
import {
  type ReverseProxyOptions,
  startReverseProxy,
} from "../support/servers/http/reverse-proxy.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/proxy-sign-in.md");
const settings = page.take("settings");
const sites = { nginx: page.take("nginx"), caddy: page.take("caddy"), apache: page.take("apache") };

let folder: string;
let served: Served;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-proxy-sign-in-"));
  const keys = [{ id: "a", secret: "a secret of the page of proxies" }];
  writeFileSync(join(folder, "mayfly.yml"), stringify({ keys }) + settings);
  served = await startServe([], { cwd: folder });
});
afterAll(async () => {
  await served?.stop();
  rmSync(folder, { recursive: true });
});

/** Sends headers as they are. */
async function ask(url: string, headers: string[]): Promise<{ status: number; body: string }> {
  const { host } = new URL(url);
  const sent = request(url, { headers: ["Host", host, ...headers], agent: false }).end();
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}

/** A sign-in that knows its users by a cookie, as Authelia answers nginx and Caddy. */
function signIn(): Promise<string> {
  return listen((asked, response) => {
    const [, user] = /user=(\w*)/.exec(asked.headers.cookie ?? "") ?? [];
    response.writeHead(user === undefined ? 401 : 200, user ? { "Remote-User": user } : {}).end();
  });
}

/** Starts the sample, in which nothing is changed but addresses. */
async function startSample(
  kind: ReverseProxyOptions["kind"],
  addresses: Record<string, string>,
  port?: number,
) {
  const all = { "127.0.0.1:5380": new URL(served.url).host, ...addresses };
  const site = Object.entries(all).reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    sites[kind],
  );
  return startReverseProxy({ kind, site, ...(port !== undefined && { port }) });
}

for (const kind of ["nginx", "caddy"] as const) {
  describeWith(kind)(kind, () => {
    test("has a credential minted for the user who is signed in, and for no other", async () => {
      const proxy = await startSample(kind, { "127.0.0.1:9091": new URL(await signIn()).host });
      try {
        const url = `${proxy.url}/credentials`;
        const alice = await ask(url, ["Cookie", "user=alice"]);
        expect(JSON.parse(alice.body)).toMatchObject({ jid: "alice@example.com" });
        expect((await ask(url, [])).status).toBe(401);

        // What a client sends in the place of the sign-in.
        expect((await ask(url, ["Remote-User", "bob"])).status).toBe(401);
        const twice = ["Remote-User", "bob", "Remote-User", "carol", "Cookie", "user=alice"];
        expect(JSON.parse((await ask(url, twice)).body)).toMatchObject({
          jid: "alice@example.com",
        });
        const nobody = await ask(url, ["Remote-User", "bob", "Cookie", "user="]);
        // An older Caddy passes the name of its variable on, in the place of a user's.
        expect(nobody.status).toBe(kind === "caddy" ? 403 : 401);
        const spelled = await ask(url, ["Remote_User", "bob", "Cookie", "user=alice"]);
        expect(spelled.body).toContain("another spelling");
        expect(served.stderr()).toContain('"level":"warn"');
      } finally {
        await proxy.stop();
      }
    });
  });
}

describeWith("apacheOpenid")("apache", () => {
  test("has a credential minted for the user who is signed in at the provider", async () => {
    const [port = 0] = await freePorts(1);
    const secret = "the secret that the provider has for this client";
    const provider = await startOidcProvider({
      clients: [
        {
          client_id: "mayfly",
          client_secret: secret,
          redirect_uris: [`http://127.0.0.1:${port}/signed-in`],
        },
      ],
    });
    const proxy = await startSample("apache", { "https://id.example.com": provider.issuer }, port);
    try {
      const url = `${proxy.url}/credentials`;
      const browser = new WebClient();
      const { answer } = await browser.signIn(url, "alice");
      expect(await answer.json()).toMatchObject({ jid: "alice@example.com" });

      // What a client sends beside it, and in its place.
      const smuggled = await browser.send(url, { headers: { "Remote-User": "bob" } });
      expect(await smuggled.json()).toMatchObject({ jid: "alice@example.com" });
      const spelled = await browser.send(url, { headers: { Remote_User: "bob" } });
      expect(await spelled.text()).toContain("another spelling");
      const stranger = await new WebClient().send(url, { headers: { "Remote-User": "bob" } });
      expect(stranger.headers.get("location")).toContain(provider.issuer);
    } finally {
      await proxy.stop();
      await provider.stop();
    }
  });
});

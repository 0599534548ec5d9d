import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { client } from "@xmpp/client";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import {
  authorizationUrl,
  type MintedCredential,
  mayfly,
  passwordGrant,
  readRedirect,
} from "../../src/client/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { fetchTrusting } from "../support/browser/fetch.ts";
import { saslOutcome } from "../support/clients/raw-login.ts";
import { outcome, trust } from "../support/clients/xmpp-client.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret of the OAuth tests" }];
const keyring = new Keyring(keys);
const jid = "alice@example.org";
// 23.01 crashes when its form is sent.
const works = Boolean(process.env.MAYFLY_EJABBERD);

describeWith("ejabberd", "oauth2")("ejabberd's own tokens", () => {
  let server: Ejabberd;
  let page: string;

  beforeAll(async () => {
    const sample = readFileSync(new URL("../../ejabberd/oauth.yml", import.meta.url), "utf8");
    const { listen, ...options } = parse(sample);
    const [{ request_handlers: handlers }] = listen;
    server = await startEjabberd({
      hosts: ["example.org"],
      mayfly: { keys },
      furnish: installModMayfly,
      handlers,
      options,
    });
    trust(server.ca);
    vi.stubGlobal("fetch", fetchTrusting(server.ca));
    page = server.url.replace("wss:", "https:").replace("/ws", "/oauth");
  });
  afterAll(async () => {
    vi.unstubAllGlobals();
    await server?.stop();
  });

  const password = async () => (await mint({ jid, ttl: 60 }, { keyring })).password;

  test("are given for a password, and log in by X-OAUTH2", async () => {
    const grant = { url: `${page}/token`, jid, password: await password(), ttl: "300" };
    const minted = vi.fn<(credential: MintedCredential) => void>();
    const login = mayfly({ mint: () => passwordGrant(grant), onMint: minted });
    const { credentials, install } = login;
    const xmpp = client({ service: server.url, domain: "example.org", credentials });
    install(xmpp);
    xmpp.on("error", () => {});
    await xmpp.start();
    expect(String(xmpp.jid?.bare())).toBe(jid);
    await xmpp.stop();

    const [[credential] = []] = minted.mock.calls;
    expect(credential).toMatchObject({ jid, username: "alice", mechanism: "X-OAUTH2", ttl: 300 });
    expect(credential?.expires).toBeGreaterThan(Date.now() / 1000 + 200);
    expect(await outcome(server, { ...(credential as MintedCredential), username: "bob" })).toBe(
      "not-authorized",
    );
    const token = credential?.password;
    const as = (authzid: string) =>
      saslOutcome(server, "example.org", "X-OAUTH2", `${authzid}\0alice\0${token}`);
    expect(await as("alice")).toBe(jid);
    expect(await as("bob")).toBe("stream:not-authorized"); // mod_mayfly sees to that
  });

  test("are not given for a wrong password, and it is tried once", async () => {
    const wrong = `${await password()}x`;
    const grant = { url: `${page}/token`, jid: "wanda@example.org", password: wrong };
    const login = mayfly({ mint: () => passwordGrant(grant) });
    await expect(login.credential()).rejects.toMatchObject({ code: "ERR_MINT" });
    const asked = () => server.decisions().filter(({ user }) => user === "wanda");
    await until(() => asked().length > 0);
    expect(asked()).toHaveLength(1);
  });

  const grant = () => ({
    url: `${page}/authorization_token`,
    client_id: "web",
    redirect_uri: "https://app.example.org/back",
    state: randomUUID(),
  });

  test("are asked for on a page of ejabberd's", async () => {
    const { state, ...rest } = grant();
    const response = await fetch(authorizationUrl({ ...rest, state }));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(state);
  });

  test.runIf(works)("come back with who signs in on that page, and log in", async () => {
    const { state, ...rest } = grant();
    const url = authorizationUrl({ ...rest, state });
    const body = new URLSearchParams(url.search);
    body.set("username", jid);
    body.set("password", await password());
    const { headers } = await fetch(rest.url, { method: "POST", body });
    const redirect = headers.get("location") ?? "";
    expect(() => readRedirect(redirect, randomUUID(), jid)).toThrow(/state/);
    expect(await outcome(server, readRedirect(redirect, state, jid))).toBe(jid);
  });
});

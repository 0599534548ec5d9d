import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import express from "express";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { verify } from "../../src/verify/index.ts";
import { type Served, startServe } from "../support/command.ts";
import { listen } from "../support/listener.ts";
import { outcome } from "../support/login.ts";
import { openPage } from "../support/markdown.ts";
import { describeWith } from "../support/needs.ts";
import { startProsody } from "../support/prosody.ts";
import { runSnippet } from "../support/snippet.ts";
import { openTerminal } from "../support/terminal.ts";

const page = openPage("docs/http.md");
const settings = page.take("yaml", "api_keys");
const ask = page.take("sh", "curl");
const answer = page.take("json", "uris");
const mounting = page.take("ts", "nodeHandler");
const lookup = page.take("yaml", "oauth_db_type");
const prosody = page.take("lua", "http_auth_url");
const ejabberd = page.take("yaml", "auth_method: http");
const mongoose = page.take("toml", "auth.http");
const tokenAuthUrl = page.take("js", "tokenAuthUrl");
const ownPage = page.take("js", "JitsiMeetExternalAPI");
const opentok = page.take("ts", "opentokHeaders");

const secret = "a secret of the page of HTTP";
const keys: KeyInput[] = [
  { id: "2026-11", secret },
  { id: "meet", secret: "the secret of Jitsi's Prosody", algorithm: "HS256", issuer: "my_app" },
];
const keyring = new Keyring(keys);
const host = "example.com";
const jid = `alice@${host}`;
const backend = "the-secret-of-the-XMPP-servers";
const env = { MAYFLY_API_KEY: "the-key-of-an-app-server", MAYFLY_BACKEND: backend };

let folder: string;
let served: Served;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-http-page-"));
  writeFileSync(join(folder, "mayfly.yml"), stringify({ keys }) + settings);
  served = await startServe([], { cwd: folder, env });
});
afterAll(async () => {
  await served?.stop();
  rmSync(folder, { recursive: true });
});

describe("an app server", () => {
  test("asks, and is answered so", async () => {
    const terminal = openTerminal({ here: { "http://127.0.0.1:5380": served.url }, env });
    const said = JSON.parse(await terminal.run(ask.replace("curl", "curl -sS")));
    const shown = JSON.parse(answer);
    expect(Object.keys(said)).toEqual(Object.keys(shown));
    expect(said.ttl).toBe(shown.ttl);
    expect(said.username.split(":")[1]).toBe(shown.username.split(":")[1]);
    expect(said.uris).toEqual(parse(settings).http.turn_uris);
    const login = { user: "alice", host, username: said.username, password: said.password };
    expect(await verify({ ...login, service: "turn" }, { keyring })).toMatchObject({ ok: true });
  });

  test("mounts the route, in Hono and in Express", async ({ onTestFinished }) => {
    const app = new Hono();
    const server = express();
    server.use((request, _, next) => {
      next(void Object.assign(request, { session: request.headers.cookie && { jid } }));
    });
    vi.stubEnv("MAYFLY_SECRET", secret);
    onTestFinished(() => void vi.unstubAllEnvs());
    await runSnippet(mounting, {
      given: {
        app: 'import("hono").Hono',
        sessionOf: '(c: import("hono").Context) => { jid: string } | undefined',
        express: 'import("express").Express',
      },
      values: {
        app,
        express: server,
        sessionOf: (c: { req: { header(name: string): string } }) =>
          c.req.header("cookie") && { jid },
      },
    });
    const url = await listen(server);
    for (const get of [
      (init: RequestInit) => app.request("/credentials", init),
      (init: RequestInit) => fetch(`${url}/credentials`, init),
    ]) {
      const answered = await get({ headers: { cookie: "session=1" } });
      const minted = (await answered.json()) as { password: string };
      const login = { user: "alice", host, password: minted.password };
      expect(await verify(login, { keyring })).toMatchObject({ ok: true });
      expect((await get({})).status).toBe(401);
    }
  });

  test("calls OpenTok", async () => {
    const called = vi.fn(async () => new Response());
    await runSnippet(opentok, {
      given: { keyring: 'import("mayfly").Keyring', url: "string" },
      values: { keyring, url: "https://api.example.com", fetch: called },
    });
    const [[url, init]] = called.mock.calls as unknown as [[string, RequestInit]];
    expect(url).toBe("https://api.example.com");
    const headers = new Headers(init.headers);
    const login = { user: "app", host, password: headers.get("x-opentok-auth") ?? "" };
    const decision = await verify({ ...login, profile: "opentok" }, { keyring });
    expect(decision).toMatchObject({ ok: true });
    expect(Number(decision.ok && decision.expiresAt) - Date.now() / 1000).toBeLessThan(301);
  });
});

describe("an XMPP server", () => {
  test("looks tokens up with what the sample has, which is run elsewhere", () => {
    const path = new URL("../../ejabberd/ejabberd-x-oauth2.yml", import.meta.url);
    const sample = parse(readFileSync(path, "utf8"));
    expect(sample).toMatchObject(parse(lookup.replace("SECRET", "CHANGE-ME")));
  });

  /** Asks as ejabberd_auth_http and MongooseIM do, by their settings: neither comes with Debian. */
  async function check({ url, basic }: { url: string; basic: string }): Promise<string[]> {
    const { password } = await mint({ jid }, { keyring });
    const address = url.replace("http://127.0.0.1:5380", served.url);
    const authorization = `Basic ${btoa(basic.replace("SECRET", backend))}`;
    const asked = ["alice", "bob"].map(async (user) => {
      const query = new URLSearchParams({ user, server: host, pass: password });
      const said = await fetch(`${address}check_password?${query}`, { headers: { authorization } });
      return `${said.status} ${await said.text()}`;
    });
    return Promise.all(asked);
  }

  test("asks by the settings of ejabberd_auth_http", async () => {
    const { auth_opts: options, ...others } = parse(ejabberd);
    expect(others).toEqual({ auth_method: "http", auth_use_cache: false });
    const url = `${options.host}${options.path_prefix}`;
    expect(await check({ url, basic: options.basic_auth })).toEqual(["200 true", "200 false"]);
  });

  test("asks by the settings of MongooseIM", async () => {
    const settingOf = (name: string) =>
      RegExp(`^ *${name} = "(.*)"$`, "m").exec(mongoose)?.[1] ?? "";
    const url = `${settingOf("connection.host")}${settingOf("connection.path_prefix")}`;
    expect(await check({ url, basic: settingOf("basic_auth") })).toEqual(["200 true", "200 false"]);
  });
});

describeWith("prosody")("Prosody with mod_auth_http", () => {
  test("asks by these settings", async ({ onTestFinished }) => {
    const modules = fileURLToPath(new URL("../support/prosody-modules", import.meta.url));
    const options = prosody.replace("http://127.0.0.1:5380", served.url).replace("SECRET", backend);
    const server = await startProsody({ hosts: [host], plugins: [modules], options });
    onTestFinished(() => server.stop());
    const minted = await mint({ jid }, { keyring });
    expect(await outcome(server, minted)).toBe(jid);
    expect(await outcome(server, { ...minted, username: "bob" })).toBe("not-authorized");
  });
});

describe("Jitsi Meet", () => {
  test("sends people to the route, and has them back with a token", async () => {
    const made = Function(`return ({ ${tokenAuthUrl} }).tokenAuthUrl`)() as string;
    const url = made
      .replace("https://app.example.com", served.url)
      .replace("{room}", "stand-up")
      .replace("{state}", encodeURIComponent(JSON.stringify({ room: "stand-up", tenant: "" })))
      .replace("{code_challenge}", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    const headers = { authorization: `Bearer ${env.MAYFLY_API_KEY}` };
    const sent = await fetch(`${url}&username=${jid}`, { headers, redirect: "manual" });
    expect(sent.status).toBe(302);
    const back = new URL(sent.headers.get("location") ?? "");
    expect(back.origin + back.pathname).toBe("https://meet.example.com/stand-up");
    const [, payload = ""] = (back.searchParams.get("jwt") ?? "").split(".");
    const claims = JSON.parse(String(Buffer.from(payload, "base64url")));
    expect(claims).toMatchObject({ aud: "jitsi", sub: "meet.example.com", room: "stand-up" });
  });

  test("is handed a token by a page of one's own", () => {
    const api = vi.fn();
    Function("JitsiMeetExternalAPI", "token", ownPage)(api, "a token");
    expect(api.mock.calls).toEqual([
      ["meet.example.com", { roomName: "stand-up", jwt: "a token" }],
    ]);
  });
});

test("there is nothing else on the page", () => {
  expect(page.left()).toEqual([]);
});

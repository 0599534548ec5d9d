import { createPublicKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import express from "express";
import { Hono } from "hono";
import { jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import type { Login } from "../../src/client/index.ts";
import { credentials, jitsi } from "../../src/http/index.ts";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { verify } from "../../src/verify/index.ts";
import { mayfly, type Served, startServe } from "../support/cli/run-cli.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { pemPair } from "../support/data/jwt.ts";
import { openPage } from "../support/docs/markdown.ts";
import { runSnippet } from "../support/docs/snippet.ts";
import { listen } from "../support/fakes/http-listener.ts";
import { openTerminal } from "../support/machine/terminal.ts";
import { startProsody } from "../support/servers/prosody.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/http.md");
const settings = page.take("settings");
const ask = page.take("ask");
const answer = page.take("answer");
const [askByName = "", mintByName = ""] = page.take("ask-by-name").trimEnd().split("\n");
const [revoke = "", listSessions = ""] = page.take("revoke").trimEnd().split("\n");
const signIn = page.take("sign-in");
const names = page.take("names");
const mounting = page.take("mounting");
const lookup = page.take("lookup");
const prosody = page.take("prosody");
const ejabberd = page.take("ejabberd");
const mongoose = page.take("mongoose");
const tokenAuthUrl = page.take("token-auth-url");
const ownPage = page.take("own-page");
const jitsiGrant = page.take("jitsi-grant");
const guests = page.take("guests");
const guestPage = page.take("guest-page");
const askAsGuest = page.take("ask-as-guest");
const jaasKey = page.take("jaas-key");
const jaasMint = page.take("jaas-mint");
const opentok = page.take("opentok");

const secret = "a secret of the page of HTTP";
const keys: KeyInput[] = [
  { id: "2026-11", secret },
  {
    id: "meet",
    secret: "the secret of Jitsi's Prosody",
    algorithm: "HS256",
    issuer: "my_app",
    profiles: ["jitsi"],
  },
  {
    id: "opentok",
    secret: "the secret of OpenTok's project",
    algorithm: "HS256",
    profiles: ["opentok"],
  },
];
const keyring = new Keyring(keys);
const host = "example.com";
const jid = `alice@${host}`;
const backend = "the-secret-of-the-XMPP-servers";
const admin = { MAYFLY_ADMIN: "the-key-of-an-operator" };
const env = { MAYFLY_API_KEY: "the-key-of-an-app-server", MAYFLY_BACKEND: backend, ...admin };

let folder: string;
let served: Served;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-http-page-"));
  writeFileSync(join(folder, "mayfly.yml"), stringify({ keys, store: "lmdb:state" }) + settings);
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

  test("has names of its own", async () => {
    const terminal = openTerminal({ here: { "http://127.0.0.1:5380": served.url }, env });
    const said = JSON.parse(await terminal.run(askByName.replace("curl", "curl -sS")));
    expect(said.username).toBe("alice\\20smith");
    writeFileSync(join(terminal.folder, "mayfly.yml"), stringify({ keys }));
    expect(await terminal.run(mintByName)).toContain("alice\\20smith@example.com");
    await runSnippet(names, {
      given: {
        credentials: 'typeof import("mayfly/http").credentials',
        keyring: 'import("mayfly").Keyring',
        userOf: '(c: import("hono").Context) => string',
      },
      values: { credentials, keyring, userOf: () => "Alice Smith" },
    });
  });

  test("revokes, and lists sessions", async () => {
    const bob = `bob@${host}`; // alice logs in after this
    const terminal = openTerminal({ here: { "http://127.0.0.1:5380": served.url }, env });
    const run = async (line: string) =>
      JSON.parse(await terminal.run(line.replace("curl", "curl -sS").replace("alice", "bob")));
    expect(await run(revoke)).toMatchObject({
      jid: bob,
      reason: "lost phone",
      ended: 0,
      servers: [],
    });
    expect(await run(listSessions)).toEqual({ jid: bob, total: 0, servers: [], notReached: [] });
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
    const modules = fileURLToPath(new URL("../support/servers/prosody-modules", import.meta.url));
    const options = prosody.replace("http://127.0.0.1:5380", served.url).replace("SECRET", backend);
    const server = await startProsody({ hosts: [host], plugins: [modules], options });
    onTestFinished(() => server.stop());
    const minted = await mint({ jid }, { keyring });
    expect(await outcome(server, minted)).toBe(jid);
    expect(await outcome(server, { ...minted, username: "bob" })).toBe("not-authorized");
  });
});

test("a guest asks, and is answered so", async () => {
  const guestsFolder = mkdtempSync(join(tmpdir(), "mayfly-guests-page-"));
  const config = stringify({ keys }) + guests;
  writeFileSync(join(guestsFolder, "mayfly.yml"), config, { mode: 0o600 });
  const server = await startServe([], { cwd: guestsFolder });
  try {
    const terminal = openTerminal({ here: { "http://127.0.0.1:5380": server.url } });
    const said = JSON.parse(await terminal.run(askAsGuest.replace("curl", "curl -sS")));
    const members = ["expires", "jid", "mechanism", "password", "ttl", "uris", "username"];
    expect(Object.keys(said).sort()).toEqual(members);
    expect(said).toMatchObject({ username: expect.stringMatching(/^guest-/), ttl: 600 });
    const { fetch: nodesFetch } = globalThis;
    const fetchHere = (path: string, init: RequestInit) => nodesFetch(server.url + path, init);
    const made = await runSnippet(guestPage, { values: { fetch: fetchHere }, wanted: ["login"] });
    const login = made.login as Login;
    expect((await login.getCredential()).jid).toMatch(/^guest-[a-z2-7]{16}@example\.com$/);
  } finally {
    await server.stop();
    rmSync(guestsFolder, { recursive: true });
  }
});

describe("Jitsi Meet", () => {
  test("is told by the app who moderates", async () => {
    const make = Function(
      ...["app", "jitsi", "keyring", "session", "nameOf", "owns"],
      jitsiGrant,
    ) as (...given: unknown[]) => void;
    const jwts = new Keyring([{ id: "meet", secret, algorithm: "HS256", issuer: "my_app" }]);
    const app = new Hono();
    const owns = async (_: string, room: string) => room === "r";
    make(
      app,
      jitsi,
      jwts,
      () => ({ jid }),
      async () => "Alice Smith",
      owns,
    );
    const answer = await app.request("/jitsi/token?room=r");
    const token = new URL(answer.headers.get("location") ?? "").searchParams.get("jwt") ?? "";
    const [, payload = ""] = token.split(".");
    expect(JSON.parse(String(Buffer.from(payload, "base64url"))).context.user).toEqual({
      id: jid,
      name: "Alice Smith",
      moderator: "true",
    });
  });

  test("of 8x8 takes a token by RS256, under the tenant's name", async ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-jaas-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { privateKey, publicKey } = pemPair("RS256");
    writeFileSync(join(folder, "jaas.pem"), privateKey, { mode: 0o600 });
    writeFileSync(join(folder, "mayfly.yml"), jaasKey, { mode: 0o600 });
    const words = `${jaasMint.replaceAll("\\\n", " ")} --json`.match(/"[^"]*"|\S+/g) ?? [];
    const args = words.slice(1).map((word) => word.replaceAll('"', ""));
    const { stdout, stderr } = mayfly(args, { cwd: folder });
    expect(stderr).toBe("");
    const { payload, protectedHeader } = await jwtVerify(
      JSON.parse(stdout).password,
      createPublicKey(publicKey),
    );
    const tenant = "vpaas-magic-cookie-1fc542";
    expect(protectedHeader).toEqual({ alg: "RS256", typ: "JWT", kid: `${tenant}/4f4910` });
    expect(payload).toMatchObject({ aud: "jitsi", iss: "chat", sub: tenant, room: "*" });
    expect(payload.context).toMatchObject({
      user: { name: "Alice Smith", moderator: "true" },
      features: { recording: "true" },
    });
  });

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

describe("signing in", () => {
  test("has settings that the program takes", async ({ onTestFinished }) => {
    const own = mkdtempSync(join(tmpdir(), "mayfly-http-page-"));
    onTestFinished(() => rmSync(own, { recursive: true }));
    writeFileSync(join(own, "mayfly.yml"), stringify({ keys }) + signIn);
    const around = { cwd: own, env: { MAYFLY_CLIENT_SECRET: "the secret of a client" } };
    const running = await startServe([], around);
    onTestFinished(async () => void (await running.stop()));
    const answer = await fetch(`${running.url}/sign-in/callback`);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('href="https://chat.example.com/sign-in"');
  });
});

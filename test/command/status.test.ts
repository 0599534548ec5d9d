import { once } from "node:events";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import type { StatusSnapshot } from "../../src/http/status/snapshot.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint } from "../../src/mint/index.ts";
import { mayfly, type Served, startServe } from "../support/cli/run-cli.ts";
import { flipBit } from "../support/data/bit-flips.ts";
import { frame } from "../support/data/frames.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-status-"));
const config = join(folder, "mayfly.yml");
const path = join(folder, "extauth.sock");
const host = "example.com";
const secrets = {
  mac: "a-secret-of-the-north-of-32-bytes",
  jwt: "A.Secret.Of.The.South.Of.32.Bytes",
};
const apiKey = "Api+Key+Of+An+App";
const backendSecret = "Backend/Secret/Of/Servers";
const keys = [
  { id: "north", secret: "file:north.key" },
  { id: "south", secret: secrets.jwt, algorithm: "HS256" },
];
const keyring = new Keyring([
  { id: "north", secret: secrets.mac },
  { id: "south", secret: secrets.jwt, algorithm: "HS256" },
]);
const usual = { keys, http: { api_keys: [apiKey], backend_secret: backendSecret } };
writeFileSync(join(folder, "north.key"), `${secrets.mac}\n`, { mode: 0o600 });
afterAll(() => rmSync(folder, { recursive: true }));

async function serve(content: object = usual): Promise<Served> {
  writeFileSync(config, stringify(content), { mode: 0o600 });
  const served = await startServe(["--config", config, "--extauth", `unix:${path}`]);
  onTestFinished(() => served.kill("SIGKILL"));
  return served;
}

/** Sends requests over the socket, and waits for the answers. */
async function ask(...requests: string[]): Promise<void> {
  const socket = connect(path);
  socket.end(Buffer.concat(requests.map(frame)));
  await once(socket.resume(), "close");
}

async function read({ url }: Served, accept: string): Promise<string> {
  const headers = { authorization: `Bearer ${backendSecret}`, accept };
  return (await fetch(`${url}/status`, { headers })).text();
}

async function standing(served: Served): Promise<StatusSnapshot> {
  return JSON.parse(await read(served, "application/json"));
}

async function minted(user: string, request: MintRequest = {}, at?: number): Promise<string> {
  return (
    await mint(
      { jid: `${user}@${host}`, ...request },
      { keyring, ...(at !== undefined && { now: at }) },
    )
  ).password;
}

/** All that is eight characters long in what nobody may read; an expiry and an id are no secret. */
function piecesOf(secret: string): string[] {
  const hidden = secret.replace(/^.*:/, "");
  return Array.from({ length: Math.max(hidden.length - 7, 1) }, (_, at) =>
    hidden.slice(at, at + 8),
  );
}

test("counts what comes over the socket and over HTTP", async () => {
  const served = await serve();
  const [good, jwt] = [await minted("alice"), await minted("alice", { format: "jwt" })];
  await ask(`auth:alice:${host}:${good}`, `auth:bob:${host}:${good}`, `isuser:alice:${host}`);
  await ask(`check::${host}:${jwt}`, "nonsense");
  const headers = { authorization: `Bearer ${backendSecret}` };
  const check = new URLSearchParams({ user: "carol", server: host, pass: good });
  await fetch(`${served.url}/auth/check_password?${check}`, { headers });
  for (const token of [jwt, "nonsense"]) {
    const body = JSON.stringify({ token });
    await fetch(`${served.url}/oauth/lookup`, { method: "POST", body, headers });
  }
  const { total, lastHour, minutes, refusals } = await standing(served);
  const refused = { "bad-signature": 2, nonsense: 1, malformed: 1 };
  expect(total).toMatchObject({ accepted: 3, refused });
  expect(lastHour).toEqual(total);
  expect(minutes.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(3);
  expect(total.p50).toBeGreaterThan(0);
  expect(total.p95).toBeLessThanOrEqual(total.max);
  expect(refusals.map(({ reason, user }) => [reason, user])).toEqual([
    ["malformed", undefined],
    ["bad-signature", "carol"],
    ["nonsense", undefined],
    ["bad-signature", "bob"],
  ]);
  expect(await served.stop()).toBe(0);
});

test("holds no part of any secret, password or token, of whatever is sent", async () => {
  const served = await serve({ ...usual, store: "memory" });
  const early = Math.floor(Date.now() / 1000) - 7200;
  const made = await Promise.all(
    [{}, { present: "token" as const }, { format: "jwt" as const }].flatMap((request) => [
      minted("alice", request),
      minted("alice", request, early),
    ]),
  );
  const sent = [...made, ...made.map((it) => flipBit(it, it.length - 5)), "Hunter2-Hunter2"];
  for (const password of sent) {
    const pass = encodeURIComponent(password);
    for (const op of ["auth", "check", "setpass", "removeuser3", "certauth"]) {
      await ask(`${op}:alice:${host}:${password}`, `${op}:bob:${host}:${password}`);
    }
    await ask(`check::${host}:${password}`, `auth:${host}:${password}x`, password);
    const headers = { authorization: `Bearer ${backendSecret}` };
    const check = `check_password?user=alice&server=${host}&pass=${pass}`;
    await fetch(`${served.url}/auth/${check}`, { headers });
    const body = JSON.stringify({ token: password });
    await fetch(`${served.url}/oauth/lookup`, { method: "POST", body, headers });
    for (const authorization of [`Bearer ${password}`, `Basic ${btoa(`x:${password}`)}`]) {
      await fetch(`${served.url}/status?${pass}`, { headers: { authorization } });
    }
  }
  const page = await read(served, "text/html");
  const figures = await read(served, "application/json");
  const metrics = await (await fetch(`${served.url}/metrics`)).text();
  await served.stop();
  expect(page).toContain("bad-signature");
  for (const secret of [...sent, ...Object.values(secrets), apiKey, backendSecret]) {
    for (const piece of piecesOf(secret)) {
      for (const text of [page, figures, metrics]) {
        if (text.includes(piece)) expect.unreachable(`part of a secret is shown: ${piece}`);
      }
    }
  }
});

test("follows the configuration, and says why it does not", async () => {
  const written = new Date("2026-01-02T03:04:05Z");
  utimesSync(join(folder, "north.key"), written, written);
  const served = await serve();
  const first = await standing(served);
  expect(first.config).toEqual({ source: config, loadedAt: expect.any(Number) });
  expect(first.version).toBe(mayfly(["--version"]).stdout.trim());
  expect(first.keys).toEqual([
    {
      ...{ id: "north", algorithm: "sha1", state: "mint", mints: true },
      writtenAt: written.getTime() / 1000,
    },
    { id: "south", algorithm: "HS256", state: "mint", mints: true },
  ]);
  expect(first).not.toHaveProperty("store");

  await ask("nonsense");
  writeFileSync(config, stringify({ ...usual, keys: [] }));
  served.kill("SIGHUP");
  const broken = await until(async () => {
    const now = await standing(served);
    return now.config.mistake && now;
  });
  expect(broken.config.mistake?.line).toContain("keys must hold at least one key");
  expect(broken.config.loadedAt).toBe(first.config.loadedAt);
  expect(broken.keys).toEqual(first.keys);
  const gauges = await (await fetch(`${served.url}/metrics`)).text();
  expect(gauges).toContain("mayfly_config_last_reload_successful 0");
  expect(gauges).toContain('mayfly_keys{state="mint"} 2');

  const off = [keys[0], { ...keys[1], state: "off" }];
  writeFileSync(config, stringify({ ...usual, keys: off, store: "memory" }));
  served.kill("SIGHUP");
  const mended = await until(async () => {
    const now = await standing(served);
    return !now.config.mistake && now;
  });
  expect(mended.keys.map(({ state }) => state)).toEqual(["mint", "off"]);
  expect(mended.store?.answers).toBe(true);
  expect(mended.total.refused).toEqual({ nonsense: 1 });
  expect(mended.startedAt).toBe(first.startedAt);
  expect(await (await fetch(`${served.url}/metrics`)).text()).toContain(
    "mayfly_config_last_reload_successful 1",
  );
  await served.stop();
});

test("is not there for a configuration without a backend secret", async () => {
  const served = await serve({ keys });
  expect((await fetch(`${served.url}/status`)).status).toBe(404);
  await served.stop();
});

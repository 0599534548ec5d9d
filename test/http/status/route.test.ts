import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { MayflyError } from "../../../src/error.ts";
import { type AppOptions, createApp } from "../../../src/http/app.ts";
import { Metrics } from "../../../src/http/metrics.ts";
import { LoginStats } from "../../../src/http/status/login-stats.ts";
import { Keyring } from "../../../src/keyring/index.ts";
import { openStore, type Store } from "../../../src/store/index.ts";
import { backendSecret, bearer, issuer, keyring } from "../fixtures.ts";

const noon = Date.UTC(2026, 10, 22, 12);
const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` });
const known = basic(`anybody:${backendSecret}`);

const about = {
  version: "1.2.3",
  source: "/etc/mayfly/mayfly.yml",
  loadedAt: noon,
  writtenAt: new Map(),
};

function ask(
  headers: Record<string, string>,
  options: Partial<AppOptions> = {},
  path = "/status",
): Response | Promise<Response> {
  return createApp({
    ...{ keyring, backendSecret, history: new LoginStats(() => noon), about: () => about },
    ...{ metrics: new Metrics(), tell() {} },
    ...options,
  }).request(path, { headers });
}

async function pageOf(options: Partial<AppOptions> = {}): Promise<string> {
  return (await ask(known, options)).text();
}

test("is for who knows the backend secret", async () => {
  for (const [headers, expected] of [
    [known, 200],
    [bearer(backendSecret), 200],
    [{}, 401],
    [bearer("nonsense"), 401],
    [bearer(""), 401],
    [basic("anybody:nonsense"), 401],
    [basic(`${backendSecret}:`), 401],
    [basic(backendSecret), 401],
    [basic(":"), 401],
  ] as const) {
    for (const path of ["/status", "/status?still", "/status/"]) {
      const answer = await ask(headers, {}, path);
      expect([200, 404].includes(answer.status)).toBe(expected === 200);
      if (expected === 401) expect(await answer.text()).not.toContain("1.2.3");
    }
  }
});

test("has a browser ask for it", async () => {
  const answer = await ask({});
  expect(answer.headers.get("www-authenticate")).toBe('Basic realm="mayfly", charset="UTF-8"');
  expect(answer.headers.get("cache-control")).toBe("no-store");
});

test("understands a secret that is not ASCII, as browsers send it", async () => {
  const secret = "ein schlüssel für server";
  const encoded = Buffer.from(`:${secret}`).toString("base64");
  const headers = { authorization: `Basic ${encoded}` };
  expect((await ask(headers, { backendSecret: secret })).status).toBe(200);
});

test("is not there without a backend secret, and says so", async () => {
  for (const headers of [{}, known, basic(":"), bearer("undefined")]) {
    const app = createApp({
      ...{ keyring, history: new LoginStats(), about: () => about, metrics: new Metrics() },
      tell() {},
    });
    const answer = await app.request("/status", { headers });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      detail: expect.stringContaining("backend_secret"),
    });
  }
});

test("lets nothing run and nothing be fetched, and its style is the one allowed", async () => {
  const answer = await ask(known);
  const page = await answer.text();
  const [, style = ""] = /<style>(.*?)<\/style>/s.exec(page) ?? [];
  const digest = createHash("sha256").update(style).digest("base64");
  expect(answer.headers.get("content-security-policy")).toBe(
    `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  expect(answer.headers.get("content-type")).toMatch(/^text\/html; charset=utf-8$/i);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(page).not.toMatch(/<script|<form|<img|<link| src=| style=| on\w+=|http:|url\(/);
});

test("looks again by itself, unless it is told not to", async () => {
  expect((await ask(known)).headers.get("refresh")).toBe("15");
  expect((await ask(known, {}, "/status?still")).headers.has("refresh")).toBe(false);
});

test("writes what others have named as text", async () => {
  const history = new LoginStats(() => noon);
  const evil = `<script>alert(1)</script>"'&\u202e<b>`;
  const named = { user: evil, host: evil };
  history.add({ op: "auth", ok: false, reason: evil, ms: 1, ...named });
  const loadError = { at: noon, line: evil };
  const keys = [{ id: evil, secret: "x".repeat(32), hosts: [evil] }];
  const page = await pageOf({
    history,
    keyring: new Keyring(keys, [{ ...issuer, issuer: evil }]),
    about: () => ({ ...about, version: evil, source: evil, loadError }),
  });
  const escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\u202e&lt;b&gt;";
  // user, host, reason twice, the mistake twice, id, host, issuer, version, source.
  expect(page.split(escaped)).toHaveLength(12);
  expect(page).not.toMatch(/<script|<b>/);
});

test("tells in JSON what the page shows", async () => {
  const history = new LoginStats(() => noon);
  history.add({ op: "check_password", ok: true, ms: 2 });
  history.add({ op: "auth", ok: false, reason: "expired", user: "alice", ms: 2 });
  const answer = await ask({ ...known, accept: "application/json" }, { history });
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(await answer.json()).toMatchObject({
    now: noon / 1000,
    version: "1.2.3",
    config: { source: "/etc/mayfly/mayfly.yml", loadedAt: noon / 1000 },
    keys: [{ id: "north", state: "mint", mints: true }, { id: "jwt" }, { id: "meet" }],
    issuers: [issuer.issuer],
    total: { accepted: 1, refused: { expired: 1 } },
    lastHour: { accepted: 1 },
    minutes: expect.objectContaining({ length: 60 }),
    refusals: [{ at: noon / 1000, reason: "expired", user: "alice" }],
  });
});

test("says which keys mint, and how old they are where that is known", async () => {
  const keyring = new Keyring([
    { id: "elsewhere", secret: "a".repeat(32), hosts: ["a.example"] },
    { id: "2026-10", secret: "b".repeat(32) },
    { id: "2026-09-14", secret: "c".repeat(32) },
    { id: "old", secret: "d".repeat(32), state: "verify" },
    { id: "gone", secret: "e".repeat(32), state: "off" },
    { id: "web", secret: "f".repeat(32), algorithm: "HS256" },
  ]);
  const writtenAt = new Map([["old", noon - 90 * 60_000]]);
  const options = { keyring, about: () => ({ ...about, writtenAt }) };
  const answer = await ask({ ...known, accept: "application/json" }, options);
  const { keys } = (await answer.json()) as { keys: { id: string; mints: boolean }[] };
  expect(keys.filter(({ mints }) => mints).map(({ id }) => id)).toEqual([
    ...["elsewhere", "2026-10", "web"],
  ]);
  const page = await pageOf(options);
  const rows = [...page.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
    row
      .replace(/<[^>]+>/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
  );
  expect(rows).toEqual(
    expect.arrayContaining([
      "elsewhere sha1 mints a.example all unknown",
      "2026-10 sha1 mints all all since 2026-10",
      "2026-09-14 sha1 mints if named all all since 2026-09-14",
      "old sha1 verifies all all 1 h 30 min",
      "gone sha1 off all all unknown",
      "web HS256 mints all all unknown",
    ]),
  );
});

const down: Store = {
  ...(await openStore("memory")),
  hasSeen: () => Promise.reject(new MayflyError("ERR_STORE", "out of reach")),
};

test.each<[string, Partial<AppOptions>, string]>([
  ["a store that is down", { store: down }, "The store is unavailable"],
  [
    "a configuration that cannot be used",
    { about: () => ({ ...about, loadError: { at: noon, line: "mayfly.yml:3: keys is missing" } }) },
    "mayfly.yml:3: keys is missing",
  ],
  [
    "a keyring that is off",
    { keyring: new Keyring([{ id: "a", secret: "a".repeat(32), state: "off" }]) },
    "All keys are off",
  ],
])("says at its top that something is wrong: %s", async (_, options, line) => {
  const page = await pageOf(options);
  expect(page).toContain(">Problem<");
  expect(/<ul class="wrong".*?<\/ul>/s.exec(page)?.[0]).toContain(line);
});

test("is calm where nothing is, with a store that answers or with none", async () => {
  for (const options of [{}, { store: await openStore("memory") }]) {
    const page = await pageOf(options);
    expect(page).toContain(">OK<");
    expect(page).not.toContain('class="wrong"');
  }
});

import { afterAll, expect, test } from "vitest";
import { routes } from "../../src/http/index.ts";
import { listenHttp } from "../../src/http/server.ts";
import { alice, apiKey, backendSecret, bearer, host, keyring, ourToken } from "./fixtures.ts";

/** What Node's adapter has made for the last request that Node's own server does without. */
let made: string[] = [];

const app = routes({ keyring, apiKeys: [apiKey], backendSecret, origins: ["https://a.example"] });

// The adapter replaces these for the whole process.
const globals = { Request: globalThis.Request, Response: globalThis.Response };

// The adapter keeps what it makes for one request under symbols with these names.
const { url, close } = await listenHttp(async (request, env) => {
  const response = await app.fetch(request, env);
  const names = (it: object) =>
    Object.getOwnPropertySymbols(it).map(({ description = "" }) => description);
  const unwanted = ["requestCache", "abortController", "responseCache"];
  made = [...names(request), ...names(response)].filter((name) => unwanted.includes(name));
  return response;
}, "127.0.0.1:0");
afterAll(async () => {
  await close();
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value });
  }
});

const login = { user: "alice", server: host, pass: "nonsense" };
const servers = bearer(backendSecret);
const form = { method: "POST", headers: servers, body: new URLSearchParams(login) };

test.each<[string, number, string, RequestInit?]>([
  ["a credential", 200, `/credentials?username=${alice}`, { headers: bearer(apiKey) }],
  [
    "one for a page of another origin",
    401,
    "/credentials",
    { headers: { origin: "https://a.example" } },
  ],
  ["a refusal", 401, "/credentials", {}],
  [
    "a form",
    200,
    "/credentials",
    { method: "POST", headers: bearer(apiKey), body: `username=${alice}` },
  ],
  [
    "a look-up",
    200,
    "/oauth/lookup",
    { method: "POST", headers: servers, body: JSON.stringify({ token: await ourToken() }) },
  ],
  [
    "a look-up in vain",
    404,
    "/oauth/lookup",
    { method: "POST", headers: servers, body: '{"token":"nonsense"}' },
  ],
  ["a password", 200, `/auth/check_password?${new URLSearchParams(login)}`, { headers: servers }],
  ["a password in a form", 200, "/auth/check_password", form],
  ["a server without the secret", 401, "/auth/user_exists", {}],
])("%s costs no Request and no second Response", async (_, status, path, init) => {
  const answer = await fetch(url + path, init);
  expect(answer.status).toBe(status);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("content-length")).toMatch(/^\d+$/);
  expect(made).toEqual([]);
});

test("a body without a length is read by a Request, and counted", async () => {
  const body = ReadableStream.from(["service=turn&username=x"]).pipeThrough(
    new TextEncoderStream(),
  );
  const init = { method: "POST", headers: bearer(apiKey), body, duplex: "half" as const };
  expect((await fetch(`${url}/credentials`, init)).status).toBe(200);
  expect(made).toContain("requestCache");
});

test("a body that is too large is refused unread, with the headers of every response", async () => {
  const init = { method: "POST", headers: bearer(apiKey), body: "x".repeat(16_385) };
  const answer = await fetch(`${url}/credentials`, init);
  expect(answer.status).toBe(413);
  expect(answer.headers.get("cache-control")).toBe("no-store");
});

import { Hono } from "hono";
import { expect, test } from "vitest";
import {
  type RequestRecord,
  type RoutesOptions,
  requestLogger,
  routes,
} from "../../src/http/index.ts";
import { alice, apiKey, backendSecret, bearer, keyring, ourToken } from "./fixtures.ts";

/** What is told of a request. */
async function told(path: string, init: RequestInit, more: Partial<RoutesOptions> = {}) {
  const heard: RequestRecord[] = [];
  const options = { keyring, apiKeys: [apiKey], backendSecret, ...more };
  const app = new Hono().use(requestLogger((request) => heard.push(request)));
  app.route("/", routes(options));
  await app.request(path, init);
  const [{ ms, ...rest } = { ms: -1 }] = heard;
  expect(heard).toHaveLength(1);
  expect(ms).toBeGreaterThanOrEqual(0);
  return rest;
}

const token = await ourToken();
const backend = { headers: bearer(backendSecret) };

test.each([
  [
    `/credentials?service=xmpp&username=${alice}&key=${encodeURIComponent(apiKey)}`,
    {},
    { route: "/credentials", status: 200, op: "mint", ok: true, service: "xmpp", jid: alice },
  ],
  [
    "/credentials?key=wrong",
    { headers: bearer(token) },
    { status: 401, op: "mint", ok: false, reason: "unauthorized" },
  ],
  [
    "/oauth/lookup",
    { method: "POST", body: JSON.stringify({ token }), ...backend },
    { route: "/oauth/lookup", op: "lookup", ok: true, user: "alice", key: "north" },
  ],
  [
    "/oauth/lookup",
    { method: "POST", body: JSON.stringify({ token: `${token}x` }), ...backend },
    { status: 404, op: "lookup", ok: false, reason: "malformed" },
  ],
  [
    `/auth/check_password?user=alice&server=example.com&pass=${encodeURIComponent(token)}`,
    backend,
    { route: "/auth/check_password", op: "check_password", ok: true, format: "mojoauth" },
  ],
  [`/${token}?${token}`, {}, { status: 404 }],
])("%# tells what came of it, and no credential", async (path, init, expected) => {
  const request = await told(path, init);
  expect(request).toMatchObject(expected);
  const mac = token.split(":").at(-1) as string;
  const secrets = [mac, encodeURIComponent(mac), apiKey, backendSecret, "wrong"];
  for (const secret of secrets) expect(JSON.stringify(request)).not.toContain(secret);
});

test("a mistake of ours is told with its error", async () => {
  const error = new Error("the app's");
  const user = () => {
    throw error;
  };
  expect(await told("/credentials", {}, { user })).toMatchObject({ status: 500, error });
});

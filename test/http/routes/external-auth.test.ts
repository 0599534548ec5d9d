import { expect, test } from "vitest";
import { externalAuth } from "../../../src/http/index.ts";
import { mint } from "../../../src/mint/index.ts";
import { Policies } from "../../../src/policy.ts";
import { openStore } from "../../../src/store/index.ts";
import type { VerifyOptions } from "../../../src/verify/index.ts";
import { alice, backendSecret, bearer, host, keyring } from "../fixtures.ts";

const { password } = await mint({ jid: alice }, { keyring });
const { password: jwt } = await mint({ jid: alice, format: "jwt" }, { keyring });
const basic = { authorization: `Basic ${btoa(`mongooseim:${backendSecret}`)}` };
const query = (user: string, pass = "", server = host) =>
  String(new URLSearchParams({ user, server, pass }));

async function ask(
  method: "GET" | "POST",
  path: string,
  asked: string,
  { headers = basic, ...trust }: Partial<VerifyOptions> & { headers?: Record<string, string> } = {},
): Promise<[number, string]> {
  const app = externalAuth({ keyring, backendSecret, ...trust });
  const answer = await (method === "GET"
    ? app.request(`/${path}?${asked}`, { headers })
    : app.request(`/${path}`, { method, body: asked, headers }));
  return [answer.status, await answer.text()];
}

test.each(["GET", "POST"] as const)("check_password by %s", async (method) => {
  for (const [asked, answer] of [
    [query("alice", password), "true"],
    [query("alice", jwt), "true"],
    [query("bob", password), "false"],
    [query("alice", password, "other.example"), "false"],
    [query("alice", `${password} `), "false"],
    [query("alice"), "false"],
    [query("", password), "false"],
    ["", "false"],
  ] as const) {
    expect(await ask(method, "check_password", asked)).toEqual([200, answer]);
  }
});

test("check_password takes a form whatever it says it is, as Prosody's is misspelt", async () => {
  const headers = { ...basic, "content-type": "application/x/www-form-urlencoded" };
  const asked = query("alice", password);
  expect(await ask("POST", "check_password", asked, { headers })).toEqual([200, "true"]);
});

test("check_password lets a credential in once, where that is the policy", async () => {
  const policies = new Policies({ [host]: { singleUse: true } });
  const trust = { policies, store: await openStore("memory") };
  const asked = query("alice", password);
  expect(await ask("GET", "check_password", asked, trust)).toEqual([200, "true"]);
  expect(await ask("GET", "check_password", asked, trust)).toEqual([200, "false"]);
});

test.each(["GET", "POST"] as const)("user_exists by %s follows the policy", async (method) => {
  const policies = new Policies({
    [host]: {},
    "none.example": { users: "none" },
    "ask.example": { users: async (user) => user === "alice" },
  });
  for (const [user, server, answer] of [
    ["alice", host, "true"],
    ["alice", "none.example", "false"],
    ["alice", "ask.example", "true"],
    ["bob", "ask.example", "false"],
    ["alice", "other.example", "false"],
  ] as const) {
    const asked = query(user, "", server);
    expect(await ask(method, "user_exists", asked, { policies })).toEqual([200, answer]);
  }
});

test.each(["remove_user", "remove_user_validate"])("%s revokes", async (path) => {
  const trust = { store: await openStore("memory") };
  const asked = query("alice", password);
  expect(await ask("POST", path, asked, trust)).toEqual([204, ""]);
  expect(await ask("GET", "check_password", asked, trust)).toEqual([200, "false"]);
});

test("remove_user_validate is for who can log in", async () => {
  const trust = { store: await openStore("memory") };
  const [status] = await ask("POST", "remove_user_validate", query("alice", "nonsense"), trust);
  expect(status).toBe(403);
  expect(await ask("GET", "check_password", query("alice", password), trust)).toEqual([
    200,
    "true",
  ]);
});

test("nothing is revoked without a store, or on a host that is not served", async () => {
  expect((await ask("POST", "remove_user", query("alice")))[0]).toBe(403);
  const trust = { store: await openStore("memory"), policies: new Policies({ [host]: {} }) };
  expect((await ask("POST", "remove_user", query("a", "", "b.example"), trust))[0]).toBe(404);
});

test.each(["register", "set_password", "get_password", "get_certs"])(
  "%s is refused",
  async (path) => {
    for (const method of ["GET", "POST"] as const) {
      const [status, body] = await ask(method, path, query("alice", password));
      expect([status, JSON.parse(body).type]).toEqual([403, "urn:mayfly:problem:forbidden"]);
    }
  },
);

test("the secret is the bearer's, or the password of Basic", async () => {
  const asked = query("alice", password);
  const of = (text: string) => ({ authorization: `Basic ${btoa(text)}` });
  for (const [headers, expected] of [
    [bearer(backendSecret), 200],
    [of(`:${backendSecret}`), 200],
    [of(`${backendSecret}:`), 401],
    [of(backendSecret), 401],
    [of("mongooseim:nonsense"), 401],
    [of(""), 401],
    [{}, 401],
  ] as const) {
    for (const path of ["check_password", "user_exists", "remove_user", "register"]) {
      const [status] = await ask("POST", path, asked, { headers });
      expect(status === 401).toBe(expected === 401);
    }
  }
});

test("nobody is told anything where no secret is set", async () => {
  for (const headers of [{}, basic, { authorization: `Basic ${btoa(":")}` }]) {
    const app = externalAuth({ keyring });
    const answer = await app.request(`/check_password?${query("alice", password)}`, { headers });
    expect(answer.status).toBe(401);
  }
});

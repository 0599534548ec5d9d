import { Hono } from "hono";
import { expect, test } from "vitest";
import { createSessions } from "../../../../src/http/auth/sign-in/session.ts";
import { openStore, type Store } from "../../../../src/store/index.ts";
import { alice, host } from "../../fixtures.ts";

const options = {
  ...{
    issuer: "https://id.example.com",
    clientId: "mayfly",
    url: "https://chat.example.com",
    host,
  },
  clientSecret: "the secret of Mayfly at the provider",
};

/** An app with sessions alone, asked with a cookie. */
function open(store?: Store): (path: string, cookie?: string) => Promise<string> {
  const sessions = createSessions(options, store);
  const app = new Hono();
  app.get("/in", async (c) => c.text(await sessions.begin(alice)));
  app.get("/who", async (c) => c.text((await sessions.read(c))?.jid ?? "nobody"));
  app.get("/out", async (c) => c.text(await sessions.end(c)));
  return async (path, cookie = "") => (await app.request(path, { headers: { cookie } })).text();
}

test("a session that has ended counts no more, without a store as well", async () => {
  const ask = open();
  const cookie = (await ask("/in")).split(";")[0];
  expect(await ask("/who", cookie)).toBe(alice);
  expect(await ask("/out", cookie)).toMatch(/^__Host-mayfly=; Max-Age=0;/);
  expect(await ask("/who", cookie)).toBe("nobody");
  const another = (await ask("/in")).split(";")[0];
  expect(await ask("/who", another)).toBe(alice);
});

test("a session that has ended in one process counts in no other with the same store", async () => {
  const store = await openStore("memory");
  const [one, other] = [open(store), open(store)];
  const cookie = (await one("/in")).split(";")[0];
  expect(await other("/who", cookie)).toBe(alice);
  await one("/out", cookie);
  expect(await other("/who", cookie)).toBe("nobody");
});

import { createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { routes } from "../../../src/http/index.ts";
import { importSecret } from "../../../src/keyring/import-key.ts";
import { type Issuer, Keyring } from "../../../src/keyring/index.ts";
import { localJwks } from "../../../src/keyring/jwks.ts";
import { type FeedEvent, openStore, type Store } from "../../../src/store/index.ts";
import { verify } from "../../../src/verify/index.ts";
import { pemPair, signedToken } from "../../support/data/jwt.ts";
import { now } from "../fixtures.ts";

const iss = "https://id.example.com";
const event = "http://schemas.openid.net/event/backchannel-logout";
const [pair, other] = [pemPair("ES256"), pemPair("ES256")];
const jwk = importSecret(pair.publicKey, "ES256").verification.export({ format: "jwk" });
const issuer: Issuer = {
  issuer: iss,
  keys: localJwks({ keys: [jwk] }),
  algorithms: ["ES256"],
  audience: "example.com",
  logoutAudience: "chat-app",
};
let tokens = 0;

function logoutToken(
  claims: object = {},
  { header = {}, key = pair }: { header?: object; key?: typeof pair } = {},
): Promise<string> {
  const usual = { iss, aud: "chat-app", iat: now(), exp: now() + 120, jti: `${++tokens}` };
  return signedToken(
    createPrivateKey(key.privateKey),
    { alg: "ES256", typ: "logout+jwt", ...header },
    { ...usual, sub: "alice", events: { [event]: {} }, ...claims },
  );
}

/** An app with a store of its own, and what its feed tells. */
async function start(more: Partial<Issuer> = {}, hasStore = true) {
  const keyring = new Keyring([], [{ ...issuer, ...more }]);
  const store = await openStore("memory");
  const app = routes({ keyring, ...(hasStore && { store }) });
  const send = async (token: string) =>
    app.request("/oidc/backchannel-logout", {
      method: "POST",
      body: new URLSearchParams({ logout_token: token }),
    });
  return {
    store,
    send,
    logIn: async (claims: object) => {
      const password = await signedToken(
        createPrivateKey(pair.privateKey),
        { alg: "ES256", typ: "JWT" },
        { iss, aud: "example.com", iat: now(), exp: now() + 60, ...claims },
      );
      return verify({ host: "example.com", password }, { keyring, store });
    },
    events: () => eventsOf(store),
  };
}

async function eventsOf(store: Store): Promise<FeedEvent[]> {
  return ((await store.feed?.read("", 100))?.items ?? []).map((item) => item.event);
}

describe("a logout token", () => {
  test("revokes what its user was given, once", async () => {
    const { send, events, logIn } = await start();
    expect(await logIn({ sub: "alice" })).toMatchObject({ ok: true });
    const token = await logoutToken();
    const response = await send(token);
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
    const reason = `signed out at ${iss}`;
    expect(await events()).toMatchObject([{ type: "user", jid: "alice@example.com", reason }]);
    expect(await logIn({ sub: "alice" })).toEqual({ ok: false, reason: "revoked" });
    expect(await logIn({ sub: "bob" })).toMatchObject({ ok: true });

    const again = await send(token);
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ detail: expect.stringContaining("used before") });
    expect(await events()).toHaveLength(1);
  });

  test("is good again where the store was away in between", async () => {
    const { send, store, events } = await start();
    const { revokeUser } = store;
    const token = await logoutToken();
    store.revokeUser = () => Promise.reject(new Error("away"));
    expect((await send(token)).status).toBe(500);
    store.revokeUser = revokeUser;
    expect((await send(token)).status).toBe(200);
    expect(await events()).toHaveLength(1);
  });

  test("finds by sub or sid who logged in, where the user's name is another claim", async () => {
    const { send, events, logIn } = await start({ user: "preferred_username" });
    await logIn({ sub: "u1", sid: "s1", preferred_username: "alice" });
    await logIn({ sub: "u2", sid: "s2", preferred_username: "bob" });
    await logIn({ sub: "u3", sid: "s3", preferred_username: "carol" });
    expect((await send(await logoutToken({ sub: "u1" }))).status).toBe(200);
    expect((await send(await logoutToken({ sub: undefined, sid: "s2" }))).status).toBe(200);
    // Somebody who never logged in here is out already.
    expect((await send(await logoutToken({ sub: "u4", sid: "s4" }))).status).toBe(200);
    expect(await events()).toMatchObject([
      { jid: "alice@example.com" },
      { jid: "bob@example.com" },
    ]);
  });

  test.each<[what: string, token: () => Promise<string>]>([
    ["signed by another key", () => logoutToken({}, { key: other })],
    ["unsigned", async () => (await logoutToken()).replace(/[^.]+$/, "")],
    ["of another issuer", () => logoutToken({ iss: "https://evil.example" })],
    ["for another client", () => logoutToken({ aud: "other-app" })],
    ["for the host that access tokens are for", () => logoutToken({ aud: "example.com" })],
    ["with a nonce", () => logoutToken({ nonce: "n" })],
    ["without events", () => logoutToken({ events: undefined })],
    ["with another event", () => logoutToken({ events: { "urn:other": {} } })],
    ["with an event that is no object", () => logoutToken({ events: { [event]: "" } })],
    ["without iat", () => logoutToken({ iat: undefined })],
    ["of yesterday", () => logoutToken({ iat: now() - 86_400, exp: undefined })],
    ["of tomorrow", () => logoutToken({ iat: now() + 86_400, exp: now() + 90_000 })],
    ["that has expired", () => logoutToken({ exp: now() - 120 })],
    ["without jti", () => logoutToken({ jti: undefined })],
    ["with neither sub nor sid", () => logoutToken({ sub: undefined })],
    ["that is an access token by its typ", () => logoutToken({}, { header: { typ: "at+jwt" } })],
    ["that is no token", async () => "nonsense"],
    ["that is missing", async () => ""],
  ])("%s is refused", async (_, token) => {
    const { send, events } = await start();
    const response = await send(await token());
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await events()).toEqual([]);
  });

  test("is refused where the issuer has no logout_audience, or there is no store", async () => {
    const { logoutAudience: _, ...plain } = issuer;
    const app = routes({ keyring: new Keyring([], [plain]), store: await openStore("memory") });
    const body = () => logoutToken().then((it) => new URLSearchParams({ logout_token: it }));
    const path = "/oidc/backchannel-logout";
    expect((await app.request(path, { method: "POST", body: await body() })).status).toBe(400);
    expect((await (await start({}, false)).send(await logoutToken())).status).toBe(403);
  });

  test("logs nobody in", async () => {
    const { store } = await start();
    const keyring = new Keyring([], [issuer]);
    const password = await logoutToken({ aud: ["chat-app", "example.com"] });
    const decision = await verify({ host: "example.com", password }, { keyring, store });
    expect(decision).toMatchObject({ ok: false });
  });
});

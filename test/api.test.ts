import type { KeyInput } from "mayfly";
import { describe, expect, test } from "vitest";

// By the names that a user imports, from what was built.
const api = await import("mayfly");
const jwks = await import("mayfly/jwks");
const { openStore, ...store } = await import("mayfly/store");
const client = await import("mayfly/client");
const sip = await import("mayfly/sip");

test("the package has the faces that its README names, and no more", () => {
  expect(Object.keys(api).sort()).toEqual([
    ...["Keyring", "MayflyError", "Policies", "defaultPolicy", "localpart", "mint"],
    ...["parseCredential", "revokeCredential", "revokeUser", "verify"],
  ]);
  expect(Object.keys(jwks).sort()).toEqual([
    ...["createDiscovery", "discoveredJwks", "introspection"],
    ...["localJwks", "remoteJwks", "userinfo"],
  ]);
  expect(store).toEqual({});
  expect(Object.keys(client).sort()).toEqual([
    ...["MayflyError", "OAuthBearer", "XOAuth2", "addMechanisms", "authorizationUrl", "mayfly"],
    ...["passwordGrant", "plainLogin", "readRedirect"],
  ]);
  expect(Object.keys(sip).sort()).toEqual([
    ...["MayflyError", "renewJsSip", "renewSipJs", "sipLogin"],
  ]);
});

test("a credential goes from mint to verify", async () => {
  const keyring = new api.Keyring([
    { id: "2026-11", secret: "a secret of thirty-two bytes at least" },
    { id: "2026-10", secret: "an older secret, as long as the new one", state: "verify" },
  ]);
  const policies = new api.Policies({ "example.com": { ttl: 600 } });
  const { password } = await api.mint({ jid: "alice@example.com" }, { keyring, policies });
  const login = { user: "alice", host: "example.com", password };
  expect(await api.verify(login, { keyring, policies })).toMatchObject({
    ok: true,
    key: "2026-11",
  });
  const elsewhere = await api.verify({ ...login, host: "example.org" }, { keyring, policies });
  expect(elsewhere).toEqual({ ok: false, reason: "wrong-host" });
});

describe("with a store", () => {
  const keyring = new api.Keyring([{ id: "a", secret: "a secret of thirty-two bytes at least" }]);
  const policies = new api.Policies({ "example.com": { singleUse: true } });
  const jid = "alice@example.com";
  const login = { user: "alice", host: "example.com" };
  const now = 1_893_456_000;

  test("a credential is good once, and none after its revocation or its user's", async () => {
    const store = await openStore("memory");
    const outcome = async (password: string, at?: number) => {
      const options = { keyring, policies, store, ...(at !== undefined && { now: at }) };
      const decision = await api.verify({ ...login, password }, options);
      return decision.ok || decision.reason;
    };
    const { password } = await api.mint({ jid }, { keyring });
    expect(await outcome(password)).toBe(true);
    expect(await outcome(password)).toBe("already-used");

    const one = await api.mint({ jid, ttl: 60, present: "authzid" }, { keyring });
    const { username } = one;
    expect(await api.revokeCredential(one.password, { store, username })).toBe(one.expires);
    expect(await outcome(`${one.expires}:${one.password}`)).toBe("revoked");
    expect(await api.revokeCredential("no credential", { store })).toBeUndefined();

    const older = await api.mint({ jid }, { keyring, now });
    expect(older.expires).toBe(now + 3600);
    expect(await api.revokeUser("alice", "example.com", { store, now })).toBe(true);
    expect(await outcome(older.password, now)).toBe("revoked");
    const later = await api.mint({ jid, ttl: 86_400 }, { keyring, now: now + 1 });
    expect(await outcome(later.password, now + 1)).toBe(true);
    const unserved = { store, policies };
    expect(await api.revokeUser("alice", "example.org", unserved)).toBe(false);
    await store.close();
  });

  test("verify is a promise where nothing has to be waited for, too", async () => {
    const { password } = await api.mint({ jid }, { keyring });
    const refused = api.verify({ ...login, password: "" }, { keyring });
    expect(refused).toBeInstanceOf(Promise);
    expect(await refused).toEqual({ ok: false, reason: "malformed" });
    expect(api.verify({ ...login, password }, { keyring })).toBeInstanceOf(Promise);
  });
});

test("a credential of any format is parsed without a key", async () => {
  const hs256 = { id: "h", secret: "a secret of thirty-two bytes at least", algorithm: "HS256" };
  const jid = "alice@example.com";
  const keyring = new api.Keyring([{ ...hs256, id: "a", algorithm: "sha1" }, hs256] as KeyInput[]);
  const { password, expires } = await api.mint({ jid, present: "token" }, { keyring });
  const form = { format: "mojoauth", presentation: "token", expires, id: jid };
  expect(api.parseCredential(password)).toMatchObject(form);
  const jwt = await api.mint({ jid, format: "jwt" }, { keyring });
  expect(api.parseCredential(jwt.password)).toMatchObject({
    format: "jwt",
    header: { alg: "HS256", kid: "h" },
    claims: { sub: jid, exp: jwt.expires },
  });
  expect(api.parseCredential("a password")).toBeUndefined();
});

test("an error is told by its class and code", async () => {
  const keyring = new api.Keyring([{ id: "a", secret: "a secret of thirty-two bytes at least" }]);
  const error = await api.mint({ jid: "Alice@example.com" }, { keyring }).catch((it) => it);
  expect(error).toBeInstanceOf(api.MayflyError);
  expect(error).toMatchObject({ name: "MayflyError", code: "ERR_ID" });
});

import { expect, test } from "vitest";

// By the names that a user imports, from what was built.
const api = await import("mayfly");
const jwks = await import("mayfly/jwks");
const client = await import("mayfly/client");

test("the package has the faces that its README names, and no more", () => {
  expect(Object.keys(api).sort()).toEqual([
    ...["Keyring", "MayflyError", "Policies", "defaultPolicy", "mint", "verify"],
  ]);
  expect(Object.keys(jwks).sort()).toEqual(["localJwks", "remoteJwks"]);
  expect(Object.keys(client).sort()).toEqual([
    ...["MayflyError", "OAuthBearer", "XOAuth2", "authorizationUrl", "mayfly"],
    ...["passwordGrant", "plainLogin", "readRedirect"],
  ]);
});

test("a credential goes from mint to verify", async () => {
  const keyring = new api.Keyring([
    { id: "2026-11", secret: "a secret" },
    { id: "2026-10", secret: "an older secret", state: "verify" },
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

test("an error is told by its class and code", async () => {
  const keyring = new api.Keyring([{ id: "a", secret: "a secret" }]);
  const error = await api.mint({ jid: "Alice@example.com" }, { keyring }).catch((it) => it);
  expect(error).toBeInstanceOf(api.MayflyError);
  expect(error).toMatchObject({ name: "MayflyError", code: "ERR_ID" });
});

import { createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { importSecret } from "../../src/keyring/import-key.ts";
import { type Issuer, Keyring } from "../../src/keyring/index.ts";
import { localJwks } from "../../src/keyring/jwks.ts";
import { verify } from "../../src/verify/index.ts";
import { pemPair, signedToken } from "../support/data/jwt.ts";

const now = 1_893_456_000;
const host = "example.com";
const pair = pemPair("RS256");
const jwk = importSecret(pair.publicKey, "RS256").verification.export({ format: "jwk" });
const signing = createPrivateKey(pair.privateKey);
const times = { iat: now, exp: now + 300 };

interface Sample {
  header: object;
  claims: { iss: string } & Record<string, unknown>;
  /** What is written in `mayfly.yml` beside `issuer`. */
  settings: Partial<Issuer>;
  user: string;
}

/** What the documentation of each provider says that its tokens look like. */
const samples: Record<string, Sample> = {
  // https://www.keycloak.org/docs/latest/server_admin/#_audience: without a mapper, aud is "account".
  "Keycloak's access token": {
    header: { typ: "JWT" },
    claims: {
      iss: "https://sso.example.com/realms/main",
      jti: "onrtac:6c5b2c7d-0a3f-4c58-9d3c-7cb2a1a5b6a1",
      aud: "account",
      sub: "f3b5a1d0-7a0d-4a57-8b7a-0f0d6c0f3c11",
      typ: "Bearer",
      azp: "page",
      sid: "0d1e7c3e-5d0f-4a4b-9f57-3b0a1f6b7d11",
      acr: "1",
      "allowed-origins": ["https://app.example.com"],
      realm_access: { roles: ["offline_access", "chat"] },
      scope: "openid email profile",
      email_verified: true,
      preferred_username: "alice",
      email: "alice@example.com",
    },
    settings: {
      user: "preferred_username",
      hosts: [host],
      require: { azp: "page", "realm_access.roles": "chat" },
    },
    user: "alice",
  },
  "Keycloak's access token with an audience mapper": {
    header: { typ: "JWT" },
    claims: {
      iss: "https://sso.example.com/realms/main",
      aud: ["example.com", "account"],
      sub: "f3b5a1d0-7a0d-4a57-8b7a-0f0d6c0f3c11",
      typ: "Bearer",
      azp: "page",
      preferred_username: "alice",
    },
    settings: { user: "preferred_username" },
    user: "alice",
  },
  // https://docs.goauthentik.io/add-secure-apps/providers/oauth2/: the issuer ends with a slash.
  "Authentik's access token": {
    header: { typ: "JWT" },
    claims: {
      iss: "https://auth.example.com/application/o/chat/",
      sub: "5b7c2d1e9f0a4b3c8d7e6f5a4b3c2d1e5b7c2d1e9f0a4b3c8d7e6f5a4b3c2d1e",
      aud: "kZ6pW1nXhS0q",
      azp: "kZ6pW1nXhS0q",
      uid: "yz0pQyjv",
      auth_time: now,
      acr: "goauthentik.io/providers/oauth2/default",
      email: "alice@example.com",
      email_verified: true,
      preferred_username: "alice",
      groups: ["authentik Admins", "chat"],
      scope: "openid profile email",
    },
    settings: {
      user: "preferred_username",
      audience: "kZ6pW1nXhS0q",
      hosts: [host],
      require: { groups: "chat", email_verified: true },
    },
    user: "alice",
  },
  // https://zitadel.com/docs/apis/openidoauth/claims
  "Zitadel's access token": {
    header: { typ: "at+jwt" },
    claims: {
      iss: "https://main-abc123.zitadel.cloud",
      sub: "165467338479501569",
      aud: ["165467338479566666@chat", "165467338479500000"],
      client_id: "165467338479566666@chat",
      jti: "165467338479501570",
      nbf: now,
      "urn:zitadel:iam:org:project:roles": { chat: { "165467338479501111": "example.com" } },
    },
    settings: {
      audience: "165467338479500000",
      hosts: [host],
      require: { "urn:zitadel:iam:org:project:roles": "chat" },
    },
    user: "165467338479501569",
  },
  // https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
  "Auth0's access token": {
    header: { typ: "JWT" },
    claims: {
      iss: "https://tenant.eu.auth0.com/",
      sub: "auth0|507f1f77bcf86cd799439020",
      aud: ["https://xmpp.example.com", "https://tenant.eu.auth0.com/userinfo"],
      azp: "my_client_id",
      scope: "openid profile xmpp",
      permissions: ["chat"],
    },
    settings: {
      name: "escaped",
      audience: "https://xmpp.example.com",
      hosts: [host],
      require: { scope: "xmpp", permissions: ["chat", "admin"] },
    },
    user: "auth0|507f1f77bcf86cd799439020",
  },
  "Auth0's access token by RFC 9068": {
    header: { typ: "at+jwt" },
    claims: {
      iss: "https://tenant.eu.auth0.com/",
      sub: "auth0|507f1f77bcf86cd799439020",
      aud: "https://xmpp.example.com",
      client_id: "my_client_id",
      jti: "73WakrfVbNJBaAmhQtEeDv",
      scope: "openid xmpp",
    },
    settings: {
      name: "escaped",
      audience: "https://xmpp.example.com",
      hosts: [host],
      require: { azp: "my_client_id" },
    },
    user: "auth0|507f1f77bcf86cd799439020",
  },
  // https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
  "Entra's access token, version 2.0": {
    header: { typ: "JWT", x5t: "i6lGk3FZzxRcUb2C3nEQ7syHJlY" },
    claims: {
      aud: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
      iss: "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0",
      nbf: now,
      aio: "AXQAi/8IAAAA",
      azp: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
      azpacr: "0",
      name: "Alice",
      oid: "690222be-ff1a-4d56-abd1-7e4f7d38e474",
      preferred_username: "alice@corp.com",
      rh: "I",
      scp: "access_as_user",
      sub: "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
      tid: "72f988bf-86f1-41af-91ab-2d7cd011db47",
      uti: "fqiBqXLPj0eQa82S-IYFAA",
      ver: "2.0",
    },
    settings: {
      user: "preferred_username",
      name: "before-at",
      domains: ["corp.com"],
      audience: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
      hosts: [host],
      require: { scope: "access_as_user" },
    },
    user: "alice",
  },
  // https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload
  "Google's ID token": {
    header: { typ: "JWT" },
    claims: {
      iss: "https://accounts.google.com",
      azp: "1234987819200.apps.googleusercontent.com",
      aud: "1234987819200.apps.googleusercontent.com",
      sub: "10769150350006150715113082367",
      at_hash: "HK6E_P6Dh8Y93mRNtsDB1Q",
      hd: "corp.com",
      email: "alice@corp.com",
      email_verified: true,
      nonce: "0394852-3190485-2490358",
    },
    settings: {
      user: "email",
      name: "before-at",
      domains: ["corp.com"],
      audience: "1234987819200.apps.googleusercontent.com",
      hosts: [host],
      require: { hd: "corp.com" },
    },
    user: "alice",
  },
};

async function decide(
  { header, claims, settings }: Sample,
  changes: { claims?: object; settings?: Partial<Issuer>; issuer?: string } = {},
) {
  const issuer: Issuer = {
    issuer: changes.issuer ?? claims.iss,
    keys: localJwks({ keys: [{ ...jwk, kid: "1" }] }),
    algorithms: ["RS256"],
    ...settings,
    ...changes.settings,
  };
  const password = await signedToken(
    signing,
    { alg: "RS256", kid: "1", ...header },
    { ...claims, ...times, ...changes.claims },
  );
  const decision = await verify({ host, password }, { keyring: new Keyring([], [issuer]), now });
  return decision.ok ? decision.user : decision.reason;
}

describe.each(Object.entries(samples))("%s", (_, sample) => {
  test("logs its user in", async () => {
    expect(await decide(sample)).toBe(sample.user);
  });

  test("logs nobody in when it is of another client", async () => {
    const { require = {}, audience } = sample.settings;
    const claims =
      audience === undefined && !("azp" in require)
        ? { aud: "other.example" }
        : audience === undefined
          ? { azp: "other" }
          : { aud: ["other"] };
    expect(await decide(sample, { claims })).toMatch(/^(wrong-audience|missing-claim)$/);
  });

  test("logs nobody in when it is bound to a key", async () => {
    const claims = { cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } };
    expect(await decide(sample, { claims })).toBe("wrong-service");
  });

  test("logs nobody in where a claim is required that it lacks", async () => {
    const settings = { require: { ...sample.settings.require, groups: "nobody" } };
    expect(await decide(sample, { settings })).toBe("missing-claim");
  });

  test("logs nobody in where its issuer is written in another way", async () => {
    const { iss } = sample.claims;
    const issuer = iss.endsWith("/") ? iss.slice(0, -1) : `${iss}/`;
    expect(await decide(sample, { issuer })).toBe("unknown-key");
  });
});

const [keycloak] = Object.values(samples) as [Sample];

test.each<[what: string, claims: object, outcome: string]>([
  [
    "a logout token",
    { events: { "http://schemas.openid.net/event/backchannel-logout": {} } },
    "wrong-service",
  ],
  ["Keycloak's logout token", { typ: "Logout" }, "wrong-service"],
  ["Keycloak's refresh token", { typ: "Refresh" }, "wrong-service"],
  ["Keycloak's ID token", { typ: "ID" }, "alice"],
])("%s is taken for what it is", async (_, claims, outcome) => {
  expect(await decide(keycloak, { claims })).toBe(outcome);
});

test.each<[require: NonNullable<Issuer["require"]>, claims: object, outcome: string]>([
  [{ scope: "xmpp" }, { scope: "openid xmpp" }, "alice"],
  [{ scope: "xmpp" }, { scope: "openid xmpp-admin" }, "missing-claim"],
  [{ scope: "xmpp" }, { scp: "xmpp" }, "alice"],
  [{ scope: "xmpp" }, { scp: ["openid", "xmpp"] }, "alice"],
  [{ scope: "xmpp" }, { scope: "openid", scp: "xmpp" }, "missing-claim"],
  [{ groups: "chat" }, { groups: ["a", "chat"] }, "alice"],
  [{ groups: "chat" }, { groups: "chat" }, "alice"],
  [{ groups: "chat" }, { groups: "a chat" }, "missing-claim"],
  [{ groups: "chat" }, { groups: ["chatters"] }, "missing-claim"],
  [{ groups: "chat" }, {}, "missing-claim"],
  [{ groups: ["chat", "staff"] }, { groups: ["staff"] }, "alice"],
  [{ email_verified: true }, { email_verified: true }, "alice"],
  [{ email_verified: true }, { email_verified: "true" }, "missing-claim"],
  [{ email_verified: true }, { email_verified: false }, "missing-claim"],
  [{ level: 2 }, { level: 2 }, "alice"],
  [{ level: 2 }, { level: "2" }, "missing-claim"],
  [{ "a.b": "c" }, { a: { b: ["c"] } }, "alice"],
  [{ "a.b": "c" }, { "a.b": "c" }, "alice"],
  [{ "a.b": "c" }, { "a.b": "d", a: { b: "c" } }, "missing-claim"],
  [{ "a.length": 1 }, { a: ["x"] }, "missing-claim"],
  [{ roles: "toString" }, { roles: {} }, "missing-claim"],
  [{ "a.constructor.name": "Object" }, { a: {} }, "missing-claim"],
])("with require: %j, a token with %j", async (require, more, outcome) => {
  const { scope: _, email_verified: __, ...rest } = keycloak.claims;
  const sample = { ...keycloak, claims: { ...rest, aud: host, ...more } };
  expect(await decide(sample, { settings: { require, audience: host } })).toBe(outcome);
});

test("two issuers with the keys of one are told apart by iss alone", async () => {
  const keys = localJwks({ keys: [{ ...jwk, kid: "1" }] });
  const of = (issuer: string, only: string): Issuer => ({
    issuer,
    keys,
    algorithms: ["RS256"],
    audience: only,
  });
  const issuers = [of("https://a.example", "a.host"), of("https://b.example", "b.host")];
  const claims = { iss: "https://a.example", sub: "alice", aud: ["a.host", "b.host"], ...times };
  const password = await signedToken(signing, { alg: "RS256", kid: "1" }, claims);
  const on = (at: string) =>
    verify({ host: at, password }, { keyring: new Keyring([], issuers), now });
  expect(await on("a.host")).toMatchObject({ ok: true });
  expect(await on("b.host")).toEqual({ ok: false, reason: "wrong-host" });
});

import { expect, test } from "vitest";
import { importSecret } from "../../src/keyring/import-key.ts";
import { type Issuer, Keyring } from "../../src/keyring/index.ts";
import { localJwks } from "../../src/keyring/jwks.ts";
import { Policies } from "../../src/policy.ts";
import { openStore } from "../../src/store/open.ts";
import { revokeUser, verify } from "../../src/verify/index.ts";
import { pemPair } from "../support/data/jwt.ts";

const now = 1_893_456_000;
const host = "example.com";
const iss = "https://id.example.com";
const password = "an-opaque-token-of-the-issuer";
const claims = { active: true, sub: "alice", aud: host, client_id: "page", exp: now + 600 };
const jwk = importSecret(pemPair("ES256").publicKey, "ES256").verification.export({
  format: "jwk",
});
const issuer: Issuer = {
  issuer: iss,
  keys: localJwks({ keys: [jwk] }),
  algorithms: ["ES256"],
  hosts: [host],
  lookup: async () => claims,
};

async function decide(changes: Partial<Issuer> = {}, token = password, user?: string) {
  const keyring = new Keyring([], [{ ...issuer, ...changes }]);
  const login = { host, password: token, ...(user !== undefined && { user }) };
  const decision = await verify(login, { keyring, now });
  return decision.ok ? `${decision.user} until ${decision.expiresAt - now}` : decision.reason;
}

const telling = (changes: object) => ({ lookup: async () => ({ ...claims, ...changes }) });

test.each<[what: string, Partial<Issuer>, outcome: string]>([
  ["is active", {}, "alice until 600"],
  ["is not active", { lookup: async () => undefined }, "inactive"],
  [
    "cannot be asked about",
    { lookup: () => Promise.reject(new Error("down")) },
    "store-unavailable",
  ],
  ["is over", telling({ exp: now }), "expired"],
  ["says no end", telling({ exp: undefined, iat: now - 90_000 }), "alice until 3600"],
  ["says an end that is no number", telling({ exp: "2100-01-01" }), "malformed"],
  ["lives too long", telling({ exp: now + 90_000, iat: now }), "too-long-lived"],
  ["names its issuer", telling({ iss }), "alice until 600"],
  ["is of another issuer", telling({ iss: "https://other.example" }), "wrong-issuer"],
  ["is for another audience", telling({ aud: "other.example" }), "wrong-audience"],
  ["is for several", telling({ aud: ["account", host] }), "alice until 600"],
  ["is for no audience", telling({ aud: undefined }), "wrong-audience"],
  [
    "is for no audience, of the client that is asked for",
    { ...telling({ aud: undefined }), require: { client_id: "page" } },
    "alice until 600",
  ],
  [
    "is for no audience, of another client",
    { ...telling({ aud: undefined, client_id: "other" }), require: { client_id: "page" } },
    "missing-claim",
  ],
  [
    "is for the audience that is asked for",
    { ...telling({ aud: "xmpp" }), audience: "xmpp" },
    "alice until 600",
  ],
  ["is for the host, and another is asked for", { audience: "xmpp" }, "wrong-audience"],
  ["is bound to a key", telling({ cnf: { jkt: "x" } }), "wrong-service"],
  ["is sent by DPoP", telling({ token_type: "DPoP" }), "wrong-service"],
  ["is a refresh token", telling({ token_use: "refresh_token" }), "wrong-service"],
  ["is Keycloak's refresh token", telling({ typ: "Refresh" }), "wrong-service"],
  ["names nobody", telling({ sub: undefined }), "malformed"],
  [
    "says no audience, and cannot",
    { ...telling({ aud: undefined }), isAudienceKnown: false },
    "alice until 600",
  ],
  [
    "says another audience, though it need not",
    { ...telling({ aud: "other" }), isAudienceKnown: false },
    "wrong-audience",
  ],
  ["is for hosts that are not this one", { hosts: ["example.org"] }, "malformed"],
])("a token that %s", async (_, changes, outcome) => {
  expect(await decide(changes)).toBe(outcome);
});

test("a token is for its own user", async () => {
  expect(await decide({}, password, "alice")).toBe("alice until 600");
  expect(await decide({}, password, "bob")).toBe("wrong-user");
});

test.each([
  ["a password that a user types", "correct horse battery staple"],
  ["a short one", "hunter2"],
  ["one with a colon", "1893456000:not-quite-a-mac-of-ours"],
  ["one beyond what a token can be", "a".repeat(8193)],
  ["a JWT of nobody", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.YQ"],
])("the issuer is not told %s", async (_, token) => {
  let asked = 0;
  const lookup = async () => {
    asked++;
    return claims;
  };
  expect(await decide({ lookup }, token)).toMatch(/malformed|unknown-key/);
  expect(asked).toBe(0);
});

test("an issuer that is not asked opens nothing", async () => {
  const { lookup: _, ...unasked } = issuer;
  const decision = await verify({ host, password }, { keyring: new Keyring([], [unasked]), now });
  expect(decision).toEqual({ ok: false, reason: "malformed" });
});

test("a host that takes MACs alone takes no token", async () => {
  const policies = new Policies({ [host]: { formats: ["mojoauth"] } });
  const keyring = new Keyring([], [issuer]);
  const decision = await verify({ host, password }, { keyring, policies, now });
  expect(decision).toEqual({ ok: false, reason: "malformed" });
});

test("a token can be taken back, and be good once", async () => {
  const store = await openStore("memory");
  const keyring = new Keyring([], [{ ...issuer, ...telling({ iat: now - 5 }) }]);
  const policies = new Policies({ [host]: { singleUse: true } });
  const trust = { keyring, policies, store, now };
  expect(await verify({ host, password }, trust)).toMatchObject({ ok: true });
  expect(await verify({ host, password }, trust)).toEqual({ ok: false, reason: "already-used" });
  await revokeUser("alice", host, { store, now });
  const other = await verify({ host, password: `${password}-2` }, trust);
  expect(other).toEqual({ ok: false, reason: "revoked" });
});

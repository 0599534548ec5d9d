import { createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { importSecret } from "../../src/keyring/import-key.ts";
import { type Issuer, Keyring } from "../../src/keyring/index.ts";
import { localJwks } from "../../src/keyring/jwks.ts";
import { verify } from "../../src/verify/index.ts";
import { hmacToken, pemPair, signedToken } from "../support/data/jwt.ts";

const now = 1893456000;
const host = "example.com";
const pair = pemPair("RS256");
const jwk = importSecret(pair.publicKey, "RS256").verification.export({ format: "jwk" });
const signing = createPrivateKey(pair.privateKey);
const iss = "https://id.example.com";
const issuer: Issuer = {
  issuer: iss,
  keys: localJwks({ keys: [{ ...jwk, kid: "2026" }] }),
  algorithms: ["RS256"],
  audience: host,
};
const header = { alg: "RS256", kid: "2026", typ: "JWT" };
const claims = { iss, sub: "alice", aud: host, iat: now, exp: now + 600 };

async function decide(token: string, changes: Partial<Issuer> = {}, on = host): Promise<string> {
  const own = {
    id: "own",
    secret: "a secret of our own, of 32 bytes",
    algorithm: "HS256",
  } as const;
  const keyring = new Keyring([own], [{ ...issuer, ...changes }]);
  const decision = await verify({ user: "alice", host: on, password: token }, { keyring, now });
  return decision.ok ? `${decision.user}@${decision.host} by ${decision.key}` : decision.reason;
}

const token = (claimChanges: object = {}, headerChanges: object = {}) =>
  signedToken(signing, { ...header, ...headerChanges }, { ...claims, ...claimChanges });

describe("an issuer's JWT", () => {
  test.each([
    ["for a localpart", {}, {}, "alice@example.com by 2026"],
    ["for a bare JID", { sub: "alice@example.com" }, {}, "alice@example.com by 2026"],
    ["for another user", { sub: "bob" }, {}, "wrong-user"],
    ["for another host", { sub: "alice@other.example" }, {}, "wrong-host"],
    ["for a user that is no text", { sub: 7 }, {}, "malformed"],
    [
      "with another claim for the user",
      { nick: "alice", sub: "x" },
      { user: "nick" },
      "alice@example.com by 2026",
    ],
    ["without that claim", {}, { user: "nick" }, "malformed"],
    ["for a list of audiences", { aud: ["a", host] }, {}, "alice@example.com by 2026"],
    ["for another audience", { aud: "a" }, {}, "wrong-audience"],
    ["without an audience", { aud: undefined }, {}, "wrong-audience"],
    [
      "for a client of theirs that opens this host",
      { aud: "client-1" },
      { audience: "client-1", hosts: [host] },
      "alice@example.com by 2026",
    ],
    [
      "for a client of theirs that opens another host",
      { aud: "client-1" },
      { audience: "client-1" },
      "wrong-host",
    ],
    ["that is over", { exp: now }, {}, "expired"],
    ["that never ends", { exp: undefined }, {}, "malformed"],
    ["that lives long", { exp: now + 90_000 }, {}, "too-long-lived"],
    ["of another issuer", { iss: `${iss}/` }, {}, "unknown-key"],
    ["of an issuer that begins like it", { iss: iss.slice(0, -1) }, {}, "unknown-key"],
  ])("%s", async (_, claimChanges, issuerChanges, outcome) => {
    expect(await decide(await token(claimChanges), issuerChanges)).toBe(outcome);
  });

  const corp = { name: "before-at", domains: ["corp.com"] } as const;
  const guid = "3F2504E0-4F89-41D3-9A0C-0305E82C3301";
  const of = (user: string) => `${user}@example.com by 2026`;

  test.each<[sub: string, Partial<Issuer>, user: string, outcome: string]>([
    ["Alice", {}, "alice", of("alice")],
    ["Alice@Example.com", {}, "alice", of("alice")],
    [guid, {}, guid.toLowerCase(), of(guid.toLowerCase())],
    ["José", { name: "prepared" }, "josé", of("josé")],
    ["Alice", {}, "Alice", "wrong-user"], // a server has told us no such name
    ["alice@corp.com", {}, "alice", "wrong-host"],
    ["alice smith", {}, "alice\\20smith", "wrong-user"],
    ["Alice", { name: "exact" }, "alice", "wrong-user"],
    ["alice", { name: "exact" }, "alice", of("alice")],
    ["alice@example.com", { name: "exact" }, "alice", of("alice")],
    ["Alice@Corp.com", corp, "alice", of("alice")],
    ["alice@evil.example", corp, "alice", "wrong-user"],
    ["alice@sub.corp.com", corp, "alice", "wrong-user"],
    ["alice@corp.com@evil.example", corp, "alice", "wrong-user"],
    ["alice@example.com", corp, "alice", "wrong-user"],
    ["alice", corp, "alice", "wrong-user"],
    ["alice@corp.com", { name: "before-at" }, "alice", "wrong-user"],
    ["a b@corp.com", corp, "a\\20b", "wrong-user"],
    ["alice@corp.com", { name: "escaped" }, "alice\\40corp.com", of("alice\\40corp.com")],
    ["Alice Smith", { name: "escaped" }, "alice\\20smith", of("alice\\20smith")],
    ["alice@corp.com", { name: "escaped" }, "alice", "wrong-user"],
    ["alice😀", { name: "escaped" }, "alice", "wrong-user"],
    ["", {}, "alice", "malformed"],
  ])("for %j, with %j, as %s", async (sub, changes, user, outcome) => {
    const password = await token({ sub });
    const keyring = new Keyring([], [{ ...issuer, ...changes }]);
    const decision = await verify({ user, host, password }, { keyring, now });
    const said = decision.ok
      ? `${decision.user}@${decision.host} by ${decision.key}`
      : decision.reason;
    expect(said).toBe(outcome);
    if (!decision.ok) return;
    // Where the token alone says who it is, it says the same.
    expect(await verify({ host, password }, { keyring, now })).toEqual(decision);
  });

  test.each<[verified: unknown, outcome: string]>([
    [true, of("alice")],
    [false, "wrong-user"],
    ["true", "wrong-user"],
    [undefined, "wrong-user"],
  ])("for an address with email_verified: %j", async (email_verified, outcome) => {
    const by = (changes: Partial<Issuer>, email: string) =>
      token({ sub: "x", email, email_verified }).then((it) =>
        decide(it, { user: "email", ...changes }),
      );
    expect(await by({}, "alice@example.com")).toBe(outcome);
    expect(await by(corp, "alice@corp.com")).toBe(outcome);
  });

  test.each([
    ["a@b@example.com", "exact"],
    ["a@b@example.com", "prepared"],
    ["a:b", "exact"],
    ["@example.com", "exact"],
    ["", "exact"],
  ] as const)("for %j, %s, is for nobody where it has to say for whom", async (sub, name) => {
    const keyring = new Keyring([], [{ ...issuer, name }]);
    const decision = await verify({ host, password: await token({ sub }) }, { keyring, now });
    expect(decision).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/malformed|wrong-user/),
    });
  });

  test("is signed with one of its algorithms", async () => {
    expect(await decide(await token({}, { alg: "PS256" }))).toBe("bad-signature");
    expect(await decide(await token(), { algorithms: ["PS256"] })).toBe("bad-signature");
    expect(await decide(hmacToken(pair.publicKey, { ...header, alg: "HS256" }, claims))).toBe(
      "bad-signature",
    );
  });

  test("is signed with one of its keys", async () => {
    const stranger = createPrivateKey(pemPair("RS256").privateKey);
    expect(await decide(await signedToken(stranger, header, claims))).toBe("bad-signature");
    expect(await decide(await token({}, { kid: "2025" }))).toBe("unknown-key");
    expect(await decide(await token({}, { kid: undefined }))).toBe(`alice@example.com by ${iss}`);
  });

  test("cannot be made with a key of our own", async () => {
    const own = hmacToken("a secret of our own, of 32 bytes", { alg: "HS256", kid: "own" }, claims);
    expect(await decide(own)).toBe("bad-signature");
  });

  test("may be an access token, but of no other type", async () => {
    expect(await decide(await token({}, { typ: "at+jwt" }))).toBe("alice@example.com by 2026");
    expect(await decide(await token({}, { typ: "logout+jwt" }))).toBe("wrong-service");
  });

  test("opens no other service", async () => {
    const keyring = new Keyring([], [issuer]);
    const login = { user: "alice", host, password: await token() };
    for (const other of [{ service: "turn" }, { profile: "jitsi" }] as const) {
      const decision = await verify({ ...login, ...other }, { keyring, now });
      expect(decision).toEqual({ ok: false, reason: "wrong-service" });
    }
  });

  test("opens no host but its own", async () => {
    expect(await decide(await token(), {}, "other.example")).toBe("wrong-host");
  });

  test("is refused while its keys are out of reach", async () => {
    const keys = { getKeys: () => Promise.reject(new Error("down")) };
    expect(await decide(await token(), { keys })).toBe("store-unavailable");
  });
});

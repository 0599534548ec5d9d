import { createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { importSecret } from "../../src/keyring/import.ts";
import { type Issuer, Keyring } from "../../src/keyring/index.ts";
import { localJwks } from "../../src/keyring/jwks.ts";
import { verify } from "../../src/verify/index.ts";
import { hmacToken, pemPair, signedToken } from "../support/jwt.ts";

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
  const own = { id: "own", secret: "a secret of our own", algorithm: "HS256" } as const;
  const keyring = new Keyring([own], [{ ...issuer, ...changes }]);
  const decision = await verify({ user: "alice", host: on, password: token }, { keyring }, now);
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
    const own = hmacToken("a secret of our own", { alg: "HS256", kid: "own" }, claims);
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
      const decision = await verify({ ...login, ...other }, { keyring }, now);
      expect(decision).toEqual({ ok: false, reason: "wrong-service" });
    }
  });

  test("opens no host but its own", async () => {
    expect(await decide(await token(), {}, "other.example")).toBe("wrong-host");
  });

  test("is refused while its keys are out of reach", async () => {
    const keys = { find: () => Promise.reject(new Error("down")) };
    expect(await decide(await token(), { keys })).toBe("store-unavailable");
  });
});

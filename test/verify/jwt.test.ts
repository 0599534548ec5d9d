import crypto, { createPrivateKey } from "node:crypto";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, test } from "vitest";
import { jwsAlgorithms, secretAlgorithms } from "../../src/credential/algorithms.ts";
import { profileNames } from "../../src/credential/index.ts";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { Policies, type Policy } from "../../src/policy.ts";
import { type Decision, verify } from "../../src/verify/index.ts";
import { spyOnBuiltin } from "../support/builtin.ts";
import { encode, hmacToken, pemPair, signedToken } from "../support/data/jwt.ts";

const host = "example.com";
const jid = `alice@${host}`;
const now = 1893456000;
const secret = "a secret of the tests, long enough for HS256";
const hs: KeyInput = { id: "hs", secret, algorithm: "HS256" };
const rs = pemPair("RS256");
const keyring = new Keyring([hs, { id: "rs", secret: rs.privateKey, algorithm: "RS256" }]);
const header = { alg: "HS256", kid: "hs", typ: "JWT" };
const claims = {
  ...{ sub: jid, jid, aud: host, iat: now, exp: now + 600 },
  ...{ jti: "1", scope: "sasl_auth" },
};

interface Given {
  user?: string;
  host?: string;
  keyring?: Keyring;
  policy?: Partial<Policy>;
  at?: number;
  profile?: "xmpp" | "opentok" | "jitsi";
  audience?: string;
}

/** Decides on a token: the reason, or whom it lets in. */
async function decide(token: string, given: Given = {}): Promise<string> {
  const { user = "alice", host: on = host, policy = {}, at = now, ...rest } = given;
  const { keyring: keys = keyring, ...login } = rest;
  const trust = { keyring: keys, policies: new Policies({ "*": policy }) };
  const decision: Decision = await verify(
    { user, host: on, password: token, ...login },
    { ...trust, now: at },
  );
  return decision.ok ? `${decision.user}@${decision.host} by ${decision.key}` : decision.reason;
}

/** A token by the key `hs`, with these members changed. */
function token(claimChanges: object = {}, headerChanges: object = {}): string {
  return hmacToken(secret, { ...header, ...headerChanges }, { ...claims, ...claimChanges });
}

describe("a JWT of the xmpp profile", () => {
  test.each(["", "a@b", "a:b", "a/b"])("that names %j is for nobody", async (name) => {
    const sub = `${name}@${host}`;
    const login = { host, password: token({ sub, jid: sub }) };
    expect(await verify(login, { keyring, now })).toEqual({ ok: false, reason: "malformed" });
  });

  test("is compared in constant time", async () => {
    const timingSafeEqual = spyOnBuiltin(crypto, "timingSafeEqual");
    const good = token();
    expect(await decide(good.replace(/[^.]*$/, (signature) => `A${signature.slice(1)}`))).toBe(
      "bad-signature",
    );
    expect(timingSafeEqual).toHaveBeenCalledOnce();
  });

  test.each(jwsAlgorithms)("is minted and verified by %s", async (algorithm) => {
    const isSecret = secretAlgorithms.some((name) => name === algorithm);
    const pair = isSecret ? { privateKey: secret, publicKey: secret } : pemPair(algorithm);
    const minter = new Keyring([{ id: "k", algorithm, secret: pair.privateKey }]);
    const verifier = new Keyring([{ id: "k", algorithm, secret: pair.publicKey, state: "verify" }]);
    const minted = await mint({ jid, ttl: 600 }, { keyring: minter, now });
    expect(minted).toMatchObject({ jid, username: "alice", ttl: 600, expires: now + 600 });
    expect(decodeProtectedHeader(minted.password)).toEqual({
      typ: "JWT",
      alg: algorithm,
      kid: "k",
    });
    expect(decodeJwt(minted.password)).toEqual({ ...claims, jti: expect.any(String) });
    expect(await decide(minted.password, { keyring: verifier })).toBe(`${jid} by k`);
    expect(await decide(minted.password, { keyring: verifier, user: "bob" })).toBe("wrong-user");
  });

  test("has a name of its own, each time", async () => {
    const tokens = [await mint({ jid }, { keyring }), await mint({ jid }, { keyring })];
    const [first, second] = tokens.map(({ password }) => decodeJwt(password).jti);
    expect(first).not.toBe(second);
  });

  test.each([
    ["as minted", {}, `${jid} by hs`],
    ["with a list of audiences", { aud: ["other", host] }, `${jid} by hs`],
    ["with more scopes", { scope: "openid sasl_auth" }, `${jid} by hs`],
    ["without jid", { jid: undefined }, `${jid} by hs`],
    ["without sub", { sub: undefined }, "malformed"],
    ["with two owners", { jid: `bob@${host}` }, "malformed"],
    ["for another user", { sub: `bob@${host}`, jid: `bob@${host}` }, "wrong-user"],
    ["for a longer name", { sub: `alice2@${host}`, jid: undefined }, "wrong-user"],
    ["for a shorter name", { sub: `alic@${host}`, jid: undefined }, "wrong-user"],
    ["for a name alone", { sub: "alice", jid: undefined }, "wrong-user"],
    ["for another host", { sub: "alice@other.example", jid: undefined }, "wrong-host"],
    ["for a host behind it", { sub: `${jid}.evil.example`, jid: undefined }, "wrong-host"],
    ["for another audience", { aud: "other.example" }, "wrong-audience"],
    ["for a list of others", { aud: ["a", "b"] }, "wrong-audience"],
    ["for no audience", { aud: undefined }, "wrong-audience"],
    ["for an audience that is an object", { aud: { [host]: true } }, "wrong-audience"],
    ["without scope", { scope: undefined }, "missing-scope"],
    ["with another scope", { scope: "sasl_auth2" }, "missing-scope"],
    ["with a scope that is no text", { scope: ["sasl_auth"] }, "missing-scope"],
    ["without iat", { iat: undefined }, "malformed"],
    ["without exp", { exp: undefined }, "malformed"],
    ["with exp as text", { exp: String(now + 600) }, "malformed"],
    ["with exp as null", { exp: null }, "malformed"],
    ["with a negative exp", { exp: -1 }, "malformed"],
    ["with iat as text", { iat: String(now) }, "malformed"],
    ["with nbf as text", { nbf: String(now) }, "malformed"],
    ["with exp in milliseconds", { exp: (now + 600) * 1000 }, "too-long-lived"],
    ["from the future", { iat: now + 1 }, "not-yet-valid"],
    ["not before later", { nbf: now + 1 }, "not-yet-valid"],
    ["good from now", { nbf: now }, `${jid} by hs`],
    ["at its end", { exp: now }, "expired"],
    ["of a longer life than the host allows", { exp: now + 86_401 }, "too-long-lived"],
    ["of a long life that is nearly over", { iat: now - 86_400 }, "too-long-lived"],
  ])("%s", async (_, changes, outcome) => {
    expect(await decide(token(changes))).toBe(outcome);
  });

  test("may differ from our clock by the leeway", async () => {
    const policy = { leeway: 10 };
    expect(await decide(token({ exp: now - 9, iat: now - 60 }), { policy })).toBe(`${jid} by hs`);
    expect(await decide(token({ exp: now - 10, iat: now - 60 }), { policy })).toBe("expired");
    expect(await decide(token({ iat: now + 10 }), { policy })).toBe(`${jid} by hs`);
    expect(await decide(token({ iat: now + 11 }), { policy })).toBe("not-yet-valid");
    const late = token({ iat: now + 10, exp: now + 86_405 });
    expect(await decide(late, { policy })).toBe("too-long-lived");
  });

  test("is refused where the host does not take JWTs", async () => {
    expect(await decide(token(), { policy: { formats: ["mojoauth"] } })).toBe("malformed");
  });

  test("has the issuer of its key, and must", async () => {
    const named = new Keyring([{ ...hs, issuer: "us" }]);
    const { password } = await mint({ jid }, { keyring: named, now });
    expect(decodeJwt(password).iss).toBe("us");
    expect(await decide(password, { keyring: named })).toBe(`${jid} by hs`);
    expect(await decide(token(), { keyring: named })).toBe("wrong-issuer");
    expect(await decide(token({ iss: "them" }), { keyring: named })).toBe("wrong-issuer");
  });
});

describe("the published attacks on JWT", () => {
  const publicOnly = new Keyring([
    { id: "rs", secret: rs.publicKey, algorithm: "RS256", state: "verify" },
  ]);

  test.each(["none", "NONE", "None", ""])("the algorithm %j is none of ours", async (alg) => {
    const unsigned = `${encode({ alg })}.${encode(claims)}`;
    for (const attempt of [`${unsigned}.`, `${unsigned}.AAAA`]) {
      expect(await decide(attempt)).toMatch(/^(malformed|bad-signature)$/);
    }
    expect(await decide(token({}, { alg }))).toBe("bad-signature");
  });

  test.each([
    ["the PEM", rs.publicKey],
    ["the PEM without its last newline", rs.publicKey.trimEnd()],
    ["the PEM behind a space", ` ${rs.publicKey}`],
  ])("a public key is no secret: %s", async (_, known) => {
    for (const kid of ["rs", undefined]) {
      const forged = hmacToken(known, { alg: "HS256", kid }, claims);
      expect(await decide(forged, { keyring: publicOnly })).toBe("bad-signature");
      expect(await decide(forged)).toBe("bad-signature");
    }
  });

  test("a token cannot name another algorithm than its key's", async () => {
    expect(await decide(token({}, { alg: "HS512" }))).toBe("bad-signature");
    expect(await decide(token({}, { alg: "RS256", kid: "rs" }))).toBe("bad-signature");
    const rsa = createPrivateKey(rs.privateKey);
    for (const alg of ["PS256", "RS384"]) {
      const other = await signedToken(rsa, { alg, kid: "rs" }, claims);
      expect(await decide(other)).toBe("bad-signature");
    }
    const proper = await signedToken(rsa, { alg: "RS256", kid: "rs" }, claims);
    expect(await decide(proper)).toBe(`${jid} by rs`);
  });

  test("an empty secret signs nothing", async () => {
    for (const kid of ["hs", "rs", undefined]) {
      expect(await decide(hmacToken("", { alg: "HS256", kid }, claims))).toBe("bad-signature");
    }
  });

  test.each(["../../../dev/null", "__proto__", "constructor", "hs\0", "HS", "' OR 1=1 --", ""])(
    "the kid %j is a name, and nothing else",
    async (kid) => {
      expect(await decide(token({}, { kid }))).toBe("unknown-key");
    },
  );

  test("a kid of 10 KB is not looked at", async () => {
    expect(await decide(token({}, { kid: "x".repeat(10_000) }))).toBe("malformed");
  });

  test("a kid chooses its key alone", async () => {
    expect(await decide(token({}, { kid: "rs" }))).toBe("bad-signature");
    expect(await decide(token({}, { kid: undefined }))).toBe(`${jid} by hs`);
  });

  test.each([
    ["jwk", { kty: "oct", k: encode(secret) }],
    ["jku", "https://attacker.example/jwks.json"],
    ["x5u", "https://attacker.example/cert.pem"],
    ["x5c", ["AAAA"]],
    ["crit", ["exp"]],
    ["b64", false],
  ])("a token cannot bring its own %s", async (member, value) => {
    expect(await decide(token({}, { [member]: value }))).toBe("malformed");
  });

  test("a name that stands twice says nothing", async () => {
    const twice = `{"alg":"HS256","kid":"rs","kid":"hs"}`;
    expect(await decide(hmacToken(secret, twice, claims))).toBe("malformed");
    const owners = JSON.stringify(claims).replace("{", '{"sub":"bob@example.com",');
    expect(await decide(hmacToken(secret, header, owners))).toBe("malformed");
  });

  test("a signature has one spelling", async () => {
    const good = token();
    const last = good.at(-1) as string;
    const respelled = good.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1);
    expect(Buffer.from(respelled.split(".")[2] ?? "", "base64url")).toEqual(
      Buffer.from(good.split(".")[2] ?? "", "base64url"),
    );
    expect(await decide(respelled)).toBe("malformed");
    expect(await decide(`${good}=`)).toBe("malformed");
  });

  test.each(["at+jwt", "dpop+jwt", "logout+jwt", "application/secevent+jwt", "JOSE"])(
    "a token of type %s is for something else",
    async (typ) => {
      expect(await decide(token({}, { typ }))).toBe("wrong-service");
    },
  );

  test.each(["JWT", "jwt", "application/jwt", "xmpp-login+jwt", undefined])(
    "a token of type %s is for logging in",
    async (typ) => {
      expect(await decide(token({}, { typ }))).toBe(`${jid} by hs`);
    },
  );

  test("a token for one service is not for another", async () => {
    const named = new Keyring([{ ...hs, issuer: "app" }]);
    for (const profile of ["opentok", "jitsi"] as const) {
      const { password } = await mint({ jid, profile, ttl: 300 }, { keyring: named, now });
      expect(await decide(password, { keyring: named, profile })).toBe(`${jid} by hs`);
      expect(await decide(password, { keyring: named })).not.toContain("by");
    }
    const { password } = await mint({ jid, ttl: 300 }, { keyring: named, now });
    for (const profile of ["opentok", "jitsi"] as const) {
      expect(await decide(password, { keyring: named, profile })).not.toContain("by");
    }
    const trust = { keyring: named };
    for (const service of ["turn", "sip"] as const) {
      const login = { user: "alice", host, password, service };
      expect(await verify(login, { ...trust, now })).toEqual({
        ok: false,
        reason: "wrong-service",
      });
    }
  });

  test("a key for one profile mints and verifies no other", async () => {
    const all = new Keyring([{ ...hs, issuer: "app" }]);
    for (const profile of profileNames) {
      const own = new Keyring([{ ...hs, issuer: "app", profiles: [profile] }]);
      for (const other of profileNames) {
        const request = { jid: `alice@${host}`, profile: other, ttl: 60 };
        const { password } = await mint(request, { keyring: all, now });
        const login = { user: "alice", host, password, profile: other };
        const decision = await verify(login, { keyring: own, now });
        if (other === profile) {
          expect(decision).toMatchObject({ ok: true });
          expect(await mint(request, { keyring: own, now })).toHaveProperty("password");
        } else {
          expect(decision).toEqual({ ok: false, reason: "wrong-service" });
          await expect(mint(request, { keyring: own, now })).rejects.toMatchObject({
            code: "ERR_NO_KEY",
            message: `no jwt key in state mint serves the ${other} profile on ${host}`,
          });
        }
      }
    }
    const sha1: KeyInput = { id: "mac", secret, profiles: ["jitsi"] };
    expect(() => new Keyring([sha1])).toThrow("key mac: profiles are of JWTs");
  });

  test("a key for one host or service opens no other", async () => {
    const elsewhere = new Keyring([{ ...hs, hosts: ["other.example"] }]);
    expect(await decide(token(), { keyring: elsewhere })).toBe("wrong-host");
    const other = new Keyring([{ ...hs, services: ["turn"] }]);
    expect(await decide(token(), { keyring: other })).toBe("wrong-service");
  });
});

describe("rotation", () => {
  const older: KeyInput = { id: "old", secret: `${secret} 2`, algorithm: "HS256" };

  test("both keys verify, the first mints, and a name picks another", async () => {
    const both = new Keyring([hs, older]);
    for (const key of [undefined, "hs", "old"]) {
      const request = { jid, ...(key !== undefined && { key }) };
      const { password } = await mint(request, { keyring: both, now });
      expect(await decide(password, { keyring: both })).toBe(`${jid} by ${key ?? "hs"}`);
    }
  });

  test("a key to verify with does not mint, and one that is off verifies nothing", async () => {
    const both = new Keyring([hs, { ...older, state: "verify" }]);
    await expect(mint({ jid, key: "old" }, { keyring: both })).rejects.toMatchObject({
      code: "ERR_NO_KEY",
    });
    const { password } = await mint({ jid }, { keyring: new Keyring([older]), now });
    expect(await decide(password, { keyring: both })).toBe(`${jid} by old`);
    const off = new Keyring([hs, { ...older, state: "off" }]);
    expect(await decide(password, { keyring: off })).toBe("unknown-key");
  });
});

describe("the opentok profile", () => {
  const sample =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOjEyMzQ1LCJpc3QiOiJwcm9qZWN0IiwiaWF0IjoxNDcyNjkxMDAyLCJleHAiOjE0NzI2OTEzMDJ9.";
  const project: KeyInput = {
    id: "tokbox",
    secret: "the-secret-of-the-south-32-bytes",
    algorithm: "HS256",
    issuer: 12345,
  };
  const projects = new Keyring([project]);
  const given = { keyring: projects, profile: "opentok" } as const;
  const iat = 1472691002;

  test("makes the published sample, byte for byte, which verifies at its time and not after", async () => {
    const request = { jid, profile: "opentok", ttl: 300 } as const;
    const { password } = await mint(request, { keyring: projects, now: iat });
    expect(password.slice(0, sample.length)).toBe(sample);
    expect(await decide(password, { ...given, at: iat })).toContain("by tokbox");
    expect(await decide(password, { ...given, at: iat + 299 })).toContain("by tokbox");
    expect(await decide(password, { ...given, at: iat + 300 })).toBe("expired");
    expect(await decide(password, { ...given, at: iat - 1 })).toBe("not-yet-valid");
  });

  const claims = { iss: 12345, ist: "project", iat: now, exp: now + 300 };

  test.each([
    ["as number", {}, "by tokbox"],
    ["as text", { iss: "12345" }, "by tokbox"],
    ["of another project", { iss: 12346 }, "wrong-issuer"],
    ["of no project", { iss: undefined }, "malformed"],
    ["with a longer life", { iat: now - 1 }, "too-long-lived"],
    ["of an account", { ist: "account" }, "wrong-service"],
    ["without iat", { iat: undefined }, "malformed"],
    ["without exp", { exp: undefined }, "malformed"],
  ])("takes the API key %s", async (_, changes, outcome) => {
    const token = hmacToken(
      "the-secret-of-the-south-32-bytes",
      { alg: "HS256", typ: "JWT" },
      { ...claims, ...changes },
    );
    expect(await decide(token, given)).toContain(outcome);
  });

  test("is minted for at most 300 s, with the API key as it was given", async () => {
    const long = { jid, profile: "opentok", ttl: 301 } as const;
    await expect(mint(long, { keyring: projects })).rejects.toMatchObject({ code: "ERR_TTL" });
    const nameless = new Keyring([hs]);
    const request = { jid, profile: "opentok" } as const;
    await expect(mint(request, { keyring: nameless })).rejects.toThrow("needs an issuer");
    const { password, ttl } = await mint({ ...request, issuer: "12345" }, { keyring: nameless });
    expect(decodeJwt(password).iss).toBe("12345");
    expect(ttl).toBe(300);
  });
});

describe("the jitsi profile", () => {
  const app = new Keyring([{ ...hs, issuer: "myapp" }]);
  const given = { keyring: app, profile: "jitsi" } as const;

  test("makes what Jitsi's Prosody checks and its web client insists on", async () => {
    const request = { jid, profile: "jitsi", room: "standup", ttl: 600 } as const;
    const { password } = await mint(request, { keyring: app, now });
    expect(decodeProtectedHeader(password)).toMatchObject({ typ: "JWT", alg: "HS256" });
    expect(decodeJwt(password)).toEqual({
      ...{ iss: "myapp", aud: "jitsi", sub: host, room: "standup" },
      ...{ iat: now, nbf: now, exp: now + 600 },
      context: { user: { id: jid, name: "alice" } },
    });
    expect(await decide(password, given)).toBe(`${jid} by hs`);
  });

  const claims = {
    ...{ iss: "myapp", aud: "jitsi", sub: host, room: "*", iat: now, nbf: now, exp: now + 600 },
    context: { user: { id: jid } },
  };

  test.each([
    ["as it should be", {}, `${jid} by hs`],
    ["of another app", { iss: "other" }, "wrong-issuer"],
    ["for another audience", { aud: "other" }, "wrong-audience"],
    ["for a list of audiences, which Jitsi refuses", { aud: ["jitsi"] }, "wrong-audience"],
    ["without a room", { room: undefined }, "malformed"],
    ["without nbf", { nbf: undefined }, "malformed"],
    ["for another user", { context: { user: { id: `bob@${host}` } } }, "wrong-user"],
    ["for nobody", { context: {} }, "malformed"],
    ["with a context that is text", { context: "user" }, "malformed"],
    ["for every tenant", { sub: "*" }, `${jid} by hs`],
    ["for another tenant", { sub: "other.example" }, "wrong-host"],
  ])("takes a token %s", async (_, changes, outcome) => {
    expect(await decide(hmacToken(secret, header, { ...claims, ...changes }), given)).toBe(outcome);
  });

  test("has the audience that is asked for", async () => {
    const request = { jid, profile: "jitsi", audience: "meet" } as const;
    const { password } = await mint(request, { keyring: app, now });
    expect(await decide(password, { ...given, audience: "meet" })).toBe(`${jid} by hs`);
    expect(await decide(password, given)).toBe("wrong-audience");
  });
});

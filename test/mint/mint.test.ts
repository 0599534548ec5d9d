import { describe, expect, test } from "vitest";
import type { Service } from "../../src/credential/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint, type Presentation } from "../../src/mint/index.ts";
import { Policies } from "../../src/policy.ts";
import { verify } from "../../src/verify/index.ts";

const jid = "alice@example.test";
const keyring = new Keyring([{ id: "north", secret: "north", allowShort: true }]);
const now = 1893456000 - 600;
const mac = "x4Zzy4m6jLWqdLynZsDPKozh9TA=";

describe("a minted credential", () => {
  test("for XMPP goes inline in the password", async () => {
    expect(await mint({ jid, ttl: 600 }, { keyring, now })).toEqual({
      jid,
      username: "alice",
      password: `1893456000:${mac}`,
      ttl: 600,
      expires: 1893456000,
    });
  });

  test.each(["turn", "sip"] as const)("for %s is a username and its MAC", async (service) => {
    expect(await mint({ jid, ttl: 600, service }, { keyring, now })).toEqual({
      jid,
      username: `1893456000:${jid}`,
      password: mac,
      ttl: 600,
      expires: 1893456000,
    });
  });

  test("lives for the host's ttl unless told otherwise", async () => {
    const policies = new Policies({ "example.test": { ttl: 120 } });
    expect((await mint({ jid }, { keyring, now })).ttl).toBe(3600);
    expect((await mint({ jid }, { keyring, policies, now })).expires).toBe(now + 120);
  });

  test("is made with the key named", async () => {
    const two = new Keyring([
      { id: "south", secret: "the-secret-of-the-south-32-bytes" },
      { id: "north", secret: "north", allowShort: true },
    ]);
    const minted = await mint({ jid, ttl: 600, key: "north" }, { keyring: two, now });
    expect(minted.password).toBe(`1893456000:${mac}`);
  });
});

describe.each(["turn", "sip"] as const)("an escaped localpart for %s", (service) => {
  const host = "example.test";
  const minted = mint({ name: "Alice Smith", host, ttl: 600, service }, { keyring, now });
  const user = "alice\\20smith";

  test("has slashes, however it is asked for", async () => {
    const { username, jid } = await minted;
    expect({ username, jid }).toEqual({
      username: "1893456000:alice/20smith@example.test",
      jid: "alice/20smith@example.test",
    });
    for (const request of [
      { jid: `${user}@${host}` },
      { jid: `Alice Smith@${host}`.toLowerCase(), escape: true },
    ]) {
      expect(await mint({ ...request, ttl: 600, service }, { keyring, now })).toEqual(await minted);
    }
  });

  test("is that of the user whom it was minted for, and of no other", async () => {
    const decide = async (user: string) =>
      verify({ ...(await minted), user, host, service }, { keyring, now });
    expect(await decide(user)).toMatchObject({ ok: true, user });
    const { user: _, ...named } = { ...(await minted), host, service, user };
    expect(await verify(named, { keyring, now })).toMatchObject({ ok: true, user });
    expect(await decide("alice")).toMatchObject({ reason: "wrong-user" });
    expect(await decide("alice/20smith")).toMatchObject({ reason: "malformed" });
  });

  test("logs in to XMPP as nobody", async () => {
    const { username, password, expires } = await minted;
    for (const user of ["alice/20smith", "alice\\20smith", "alice"]) {
      for (const presented of [{ username, password }, { password: `${expires}:${password}` }]) {
        const decision = await verify({ ...presented, user, host }, { keyring, now });
        expect(decision, user).toMatchObject({ ok: false });
      }
    }
  });
});

test("an address becomes a localpart when it is escaped", async () => {
  const request = { jid: "alice@corp.com@example.test", escape: true };
  const minted = await mint(request, { keyring, now });
  expect(minted).toMatchObject({
    jid: "alice\\40corp.com@example.test",
    username: "alice\\40corp.com",
  });
  const refused = expect.objectContaining({ code: "ERR_ID" });
  await expect(mint({ jid: request.jid }, { keyring })).rejects.toThrow(refused);
});

describe("a name", () => {
  const host = "example.test";

  test.each([
    ["Alice", "alice"],
    ["Alice Smith", "alice\\20smith"],
    ["José", "josé"],
    ["alice@corp.com", "alice\\40corp.com"],
  ])("%s is minted for as %s", async (name, username) => {
    const minted = await mint({ name, host }, { keyring, now });
    const expected = { jid: `${username}@${host}`, username };
    expect(minted).toMatchObject(expected);
    expect(minted).toEqual(await mint({ jid: expected.jid }, { keyring, now }));
  });

  test("serves SIP and TURN where it needs no escaping", async () => {
    for (const service of ["sip", "turn"] as const) {
      expect(await mint({ name: "Alice", host, service }, { keyring, now })).toMatchObject({ jid });
    }
  });

  test.each<[string, MintRequest, string]>([
    [
      "that would be changed, where it is to be exact",
      { name: "Alice", host, exact: true },
      "ERR_ID",
    ],
    [
      "that needs escaping, where it is not escaped",
      { name: "a b", host, escape: false },
      "ERR_ID",
    ],
    ["that no server takes", { name: "alice😀", host }, "ERR_ID"],
    ["on a host with another form", { name: "alice", host: "Example.test" }, "ERR_ID"],
    ["on a host that brings a user", { name: "alice", host: "b@example.test" }, "ERR_ID"],
    ["and a JID", { name: "alice", host, jid }, "ERR_REQUEST"],
    ["without a host", { name: "alice" }, "ERR_REQUEST"],
    ["that is missing beside its host", { jid, host }, "ERR_REQUEST"],
    ["that is missing, though it is to be exact", { jid, exact: true }, "ERR_REQUEST"],
  ])("%s is not minted for", async (_, request, code) => {
    const error = expect.objectContaining({ name: "MayflyError", code });
    await expect(mint(request, { keyring })).rejects.toThrow(error);
  });
});

describe("where hosts are configured", () => {
  const policies = new Policies({ "example.test": {} });

  test.each(["alice", "@alice:example.test", undefined])("TURN is for any id: %s", async (id) => {
    const request = { service: "turn", ...(id !== undefined && { jid: id }) } as const;
    const minted = await mint(request, { keyring, policies, now });
    expect(minted.username.replace(/^\d+:?/, "")).toBe(id ?? "");
    const [key] = keyring.keys;
    const secret = "a secret of 16 bytes and more";
    const bound = new Keyring([{ id: key?.id ?? "", secret, hosts: ["example.test"] }]);
    const refused = expect.objectContaining({ code: "ERR_NO_KEY" });
    await expect(mint(request, { keyring: bound, policies })).rejects.toThrow(refused);
    const elsewhere = mint({ service: "turn", jid: "alice@b.example" }, { keyring, policies });
    await expect(elsewhere).rejects.toThrow(expect.objectContaining({ code: "ERR_HOST" }));
  });

  test("an opentok token is for nobody, with a JID or without", async () => {
    const secret = "a secret of 32 bytes, or of more";
    const jwts = new Keyring([{ id: "jwt", secret, algorithm: "HS256" }]);
    const request = { profile: "opentok", issuer: 45 } as const;
    const minted = await mint(request, { keyring: jwts, policies, now });
    expect(minted).not.toHaveProperty("jid");
    const withJid = await mint({ ...request, jid }, { keyring: jwts, policies, now });
    expect(withJid.password).toBe(minted.password);
    const other = mint({ profile: "xmpp" }, { keyring: jwts, policies });
    await expect(other).rejects.toThrow(expect.objectContaining({ code: "ERR_ID" }));
  });
});

describe("nothing is minted", () => {
  const refused = (code: string) => expect.objectContaining({ name: "MayflyError", code });

  test.each([0, -1, 1.5, Number.NaN, 86_401])("for a ttl of %s seconds", async (ttl) => {
    await expect(mint({ jid, ttl }, { keyring })).rejects.toThrow(refused("ERR_TTL"));
  });

  test("for a host that is not served", async () => {
    const policies = new Policies({ "other.example": {} });
    await expect(mint({ jid }, { keyring, policies })).rejects.toThrow(refused("ERR_HOST"));
  });

  test.each<[string, MintRequest]>([
    ["that is not there", { jid, key: "south" }],
    ["of another format", { jid, format: "jwt" }],
    ["for a JWT's profile", { jid, profile: "xmpp" }],
  ])("with a key %s", async (_, request) => {
    await expect(mint(request, { keyring })).rejects.toThrow(refused("ERR_NO_KEY"));
  });

  test("with a key that may only verify", async () => {
    const retired = new Keyring([
      { id: "old", secret: "the-secret-of-the-north-32-bytes", state: "verify" },
    ]);
    await expect(mint({ jid }, { keyring: retired })).rejects.toThrow(refused("ERR_NO_KEY"));
  });

  test("for a JID that a server would change, or none", async () => {
    const wrong = { jid: "Alice@example.test" };
    await expect(mint(wrong, { keyring })).rejects.toThrow(refused("ERR_ID"));
    await expect(mint({}, { keyring })).rejects.toThrow(refused("ERR_ID"));
  });
});

describe("how it is handed over", () => {
  const signed = `1893456000:${jid}`;

  test.each<[Presentation, object]>([
    ["authzid", { username: signed, password: mac, authzid: jid }],
    ["token", { username: "alice", password: `${signed}:${mac}`, mechanism: "X-OAUTH2" }],
  ])("for XMPP can be %s", async (present, parts) => {
    const minted = await mint({ jid, ttl: 600, present }, { keyring, now });
    expect(minted).toEqual({ jid, ...parts, ttl: 600, expires: 1893456000 });
  });

  test.each<[Service, Presentation]>([
    ["xmpp", "username"],
    ["turn", "inline"],
    ["turn", "token"],
    ["sip", "authzid"],
  ])("for %s cannot be %s", async (service, present) => {
    const refused = expect.objectContaining({ code: "ERR_REQUEST" });
    await expect(mint({ jid, service, present }, { keyring })).rejects.toThrow(refused);
  });
});

describe("for SIP and TURN", () => {
  test.each([
    ["a Matrix id", "@alice:example.test", "bQyTpaLRoGVi1FwmJ84JRig3xso="],
    ["an id with a colon", "alice:bob", "UFBtlACghq5I3jhpIpmYfGt29Bc="],
    ["a name alone", "alice", "MME/7rvfb/gOjpkB59+7AxlCLvk="],
  ])("it can be for %s", async (_, id, password) => {
    const minted = await mint({ jid: id, ttl: 600, service: "turn" }, { keyring, now });
    expect(minted).toMatchObject({ jid: id, username: `1893456000:${id}`, password });
  });

  test("it can be for nobody, without a colon, which Kamailio refuses", async () => {
    const minted = await mint({ ttl: 600, service: "turn" }, { keyring, now });
    expect(minted).toEqual({
      username: "1893456000",
      password: "sqdTDrNuKKg7b57nGt21S56Eu5s=",
      ttl: 600,
      expires: 1893456000,
    });
  });

  test.each(["", "a b", "a\tb", "a'b", 'a"b', "a\\b", "Alice", "ａlice", "Alice@example.test"])(
    "it cannot be for %j, which coturn refuses or another server changes",
    async (id) => {
      const refused = expect.objectContaining({ code: "ERR_ID" });
      await expect(mint({ jid: id, service: "turn" }, { keyring })).rejects.toThrow(refused);
    },
  );

  test("an id that names no host has the defaults for its policy", async () => {
    const policies = new Policies({ "example.test": { ttl: 60 } });
    const request = { jid: "alice", service: "turn" } as const;
    expect(await mint(request, { keyring, policies })).toMatchObject({ jid: "alice", ttl: 3600 });
  });
});

import { describe, expect, test } from "vitest";
import type { Service } from "../../src/credential/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint, type Presenting } from "../../src/mint/index.ts";
import { Policies } from "../../src/policy/index.ts";

const jid = "alice@example.test";
const keyring = new Keyring([{ id: "north", secret: "north" }]);
const now = 1893456000 - 600;
const mac = "x4Zzy4m6jLWqdLynZsDPKozh9TA=";

describe("a minted credential", () => {
  test("for XMPP goes inline in the password", async () => {
    expect(await mint({ jid, ttl: 600 }, { keyring }, now)).toEqual({
      jid,
      username: "alice",
      password: `1893456000:${mac}`,
      ttl: 600,
      expires: 1893456000,
    });
  });

  test.each(["turn", "sip"] as const)("for %s is a username and its MAC", async (service) => {
    expect(await mint({ jid, ttl: 600, service }, { keyring }, now)).toEqual({
      jid,
      username: `1893456000:${jid}`,
      password: mac,
      ttl: 600,
      expires: 1893456000,
    });
  });

  test("lives for the host's ttl unless told otherwise", async () => {
    const policies = new Policies({ "example.test": { ttl: 120 } });
    expect((await mint({ jid }, { keyring }, now)).ttl).toBe(3600);
    expect((await mint({ jid }, { keyring, policies }, now)).expires).toBe(now + 120);
  });

  test("is made with the key named", async () => {
    const two = new Keyring([
      { id: "south", secret: "south" },
      { id: "north", secret: "north" },
    ]);
    const minted = await mint({ jid, ttl: 600, key: "north" }, { keyring: two }, now);
    expect(minted.password).toBe(`1893456000:${mac}`);
  });
});

test("an address becomes a localpart when it is escaped", async () => {
  const request = { jid: "alice@corp.com@example.test", escape: true };
  const minted = await mint(request, { keyring }, now);
  expect(minted).toMatchObject({
    jid: "alice\\40corp.com@example.test",
    username: "alice\\40corp.com",
  });
  const refused = expect.objectContaining({ code: "ERR_ID" });
  await expect(mint({ jid: request.jid }, { keyring })).rejects.toThrow(refused);
  await expect(mint({ ...request, service: "turn" }, { keyring })).rejects.toThrow(refused);
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
    const retired = new Keyring([{ id: "old", secret: "old", state: "verify" }]);
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

  test.each<[Presenting, object]>([
    ["authzid", { username: signed, password: mac, authzid: jid }],
    ["token", { username: "alice", password: `${signed}:${mac}`, mechanism: "X-OAUTH2" }],
  ])("for XMPP can be %s", async (present, parts) => {
    const minted = await mint({ jid, ttl: 600, present }, { keyring }, now);
    expect(minted).toEqual({ jid, ...parts, ttl: 600, expires: 1893456000 });
  });

  test.each<[Service, Presenting]>([
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
    const minted = await mint({ jid: id, ttl: 600, service: "turn" }, { keyring }, now);
    expect(minted).toMatchObject({ jid: id, username: `1893456000:${id}`, password });
  });

  test("it can be for nobody, without a colon, which Kamailio refuses", async () => {
    const minted = await mint({ ttl: 600, service: "turn" }, { keyring }, now);
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

  test("an id that names no host needs a policy for every host", async () => {
    const policies = new Policies({ "example.test": {} });
    const request = { jid: "alice", service: "turn" } as const;
    const refused = expect.objectContaining({ code: "ERR_HOST" });
    await expect(mint(request, { keyring, policies })).rejects.toThrow(refused);
  });
});

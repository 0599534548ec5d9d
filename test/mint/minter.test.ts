import { describe, expect, test } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { Minter } from "../../src/mint/index.ts";
import { Policies } from "../../src/policy/index.ts";

const jid = "alice@example.test";
const keyring = new Keyring([{ id: "north", secret: "north" }]);
const minter = new Minter(keyring);
const now = 1893456000 - 600;
const mac = "x4Zzy4m6jLWqdLynZsDPKozh9TA=";

describe("a minted credential", () => {
  test("for XMPP goes inline in the password", () => {
    expect(minter.mint({ jid, ttl: 600 }, now)).toEqual({
      jid,
      username: "alice",
      password: `1893456000:${mac}`,
      ttl: 600,
      expires: 1893456000,
    });
  });

  test.each(["turn", "sip"] as const)("for %s is a username and its MAC", (service) => {
    expect(minter.mint({ jid, ttl: 600, service }, now)).toEqual({
      jid,
      username: `1893456000:${jid}`,
      password: mac,
      ttl: 600,
      expires: 1893456000,
    });
  });

  test("lives for the host's ttl unless told otherwise", () => {
    const policies = new Policies({ "example.test": { ttl: 120 } });
    expect(minter.mint({ jid }, now).ttl).toBe(3600);
    expect(new Minter(keyring, policies).mint({ jid }, now).expires).toBe(now + 120);
  });

  test("is made with the key named", () => {
    const two = new Keyring([
      { id: "south", secret: "south" },
      { id: "north", secret: "north" },
    ]);
    const minted = new Minter(two).mint({ jid, ttl: 600, key: "north" }, now);
    expect(minted.password).toBe(`1893456000:${mac}`);
  });
});

describe("nothing is minted", () => {
  test.each([0, -1, 1.5, Number.NaN, 86_401])("for a ttl of %s seconds", (ttl) => {
    expect(() => minter.mint({ jid, ttl })).toThrow(expect.objectContaining({ code: "ERR_TTL" }));
  });

  test("for a host that is not served", () => {
    const other = new Minter(keyring, new Policies({ "other.example": {} }));
    expect(() => other.mint({ jid })).toThrow(expect.objectContaining({ code: "ERR_HOST" }));
  });

  test("with a key that is not there or may not mint", () => {
    const retired = new Minter(new Keyring([{ id: "old", secret: "old", state: "verify" }]));
    const noKey = expect.objectContaining({ code: "ERR_NO_KEY" });
    expect(() => minter.mint({ jid, key: "south" })).toThrow(noKey);
    expect(() => retired.mint({ jid })).toThrow(noKey);
  });

  test("for a JID that a server would change", () => {
    const wrong = { jid: "Alice@example.test" };
    expect(() => minter.mint(wrong)).toThrow(expect.objectContaining({ code: "ERR_ID" }));
  });
});

import { describe, expect, test } from "vitest";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { Policies, type Policy } from "../../src/policy.ts";
import { listMacs, type MacResult } from "../../src/verify/index.ts";

const host = "example.test";
const expires = 1893456000;
const now = expires - 600;
const username = `${expires}:alice@${host}`;
const north: KeyInput = { id: "north", secret: "the secret of the north" };

function list(
  asked: string,
  { keys = [north], policy = {}, at = now }: ListOptions = {},
): MacResult {
  const policies = new Policies({ [host]: { scram: true, ...policy } });
  return listMacs({ username: asked, host }, { keyring: new Keyring(keys), policies, now: at });
}

interface ListOptions {
  keys?: KeyInput[];
  policy?: Partial<Policy>;
  at?: number;
}

describe("the MACs of a username", () => {
  test("are that which was minted, by each key that serves the host", async () => {
    const keys: KeyInput[] = [
      { ...north, state: "verify" },
      { id: "elsewhere", secret: "a secret that is not used", hosts: ["other.test"] },
      { id: "phones", secret: "a secret that is not used", services: ["sip"] },
      { id: "off", secret: "a secret that is not used", state: "off" },
      { id: "jwt", secret: "a secret that is not used", algorithm: "HS256" },
      { id: "south", secret: "the secret of the south", algorithm: "sha256" },
    ];
    const request = { jid: `alice@${host}`, ttl: 600, present: "authzid" } as const;
    const minted = await Promise.all(
      [keys[0], keys[5]].map((key) =>
        mint(request, { keyring: new Keyring([{ ...(key as KeyInput), state: "mint" }]), now }),
      ),
    );
    expect(minted[0]?.username).toBe(username);
    const macs = minted.map(({ password }) => password);
    expect(list(username, { keys })).toEqual({ ok: true, macs, user: "alice" });
  });

  test.each<[string, ListOptions, string]>([
    [username, { policy: { scram: false } }, "scram-off"],
    [username, { policy: { formats: ["jwt"] } }, "malformed"],
    [username, { keys: [{ ...north, algorithm: "HS256" }] }, "unknown-key"],
    [username, { at: expires + 1 }, "expired"],
    [username, { at: expires - 86_401 }, "too-long-lived"],
    [`${expires}:alice@other.test`, {}, "wrong-host"],
    [`${expires}:alice`, {}, "wrong-host"],
    [`${expires}`, {}, "malformed"],
    [`${expires}:`, {}, "malformed"],
    [`0${expires}:alice@${host}`, {}, "malformed"],
    ["alice", {}, "malformed"],
    ["", {}, "malformed"],
  ])("of %j with %j are none: %s", (asked, options, reason) => {
    expect(list(asked, options)).toMatchObject({ ok: false, reason });
  });

  test("are given out until the end of the leeway, and not where the policy says nothing", () => {
    expect(list(username, { at: expires + 5, policy: { leeway: 5 } })).toMatchObject({ ok: true });
    const keyring = new Keyring([north]);
    expect(listMacs({ username, host }, { keyring, now })).toMatchObject({ reason: "scram-off" });
    const policies = new Policies({ "other.test": { scram: true } });
    expect(listMacs({ username, host }, { keyring, policies, now })).toMatchObject({
      reason: "wrong-host",
    });
  });

  test("need no host in the name where the policy asks for none", () => {
    const policy = { hostBound: false };
    expect(list(`${expires}:alice`, { policy })).toMatchObject({ ok: true, user: "alice" });
  });
});

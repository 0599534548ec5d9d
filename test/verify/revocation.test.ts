import { describe, expect, test, vi } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { Policies, type Policy } from "../../src/policy.ts";
import { openStore } from "../../src/store/open.ts";
import {
  createUserLookup,
  revokeCredential,
  revokeUser,
  userExists,
  verify,
} from "../../src/verify/index.ts";
import { hmacToken } from "../support/data/jwt.ts";

const host = "example.com";
const jid = `alice@${host}`;
const keyring = new Keyring([
  { id: "mac", secret: "the-secret-of-the-north-32-bytes" },
  { id: "hs", secret: "the-secret-of-the-north-32-bytes", algorithm: "HS256" },
]);
const now = () => Math.floor(Date.now() / 1000);

async function world(policy: Partial<Policy> = {}) {
  const store = await openStore("memory");
  const policies = new Policies({ [host]: policy });
  const trust = { keyring, policies, store };
  const decide = async (password: string, user = "alice", at = now()) => {
    const decision = await verify({ user, host, password }, { ...trust, now: at });
    return decision.ok ? "ok" : decision.reason;
  };
  const make = async (key: string, ttl = 600, at = now()) =>
    (await mint({ jid, key, ttl }, { ...trust, now: at })).password;
  return { store, policies, trust, decide, make };
}

describe.each(["mac", "hs"])("with a key %s", (key) => {
  test("a credential that is revoked is refused, in every presentation, and others are not", async () => {
    const { store, trust, decide, make } = await world();
    const [one, other] = [await make(key), await make(key, 601)];
    expect(await revokeCredential(one, { store })).toBeGreaterThan(now());
    expect(await decide(one)).toBe("revoked");
    expect(await decide(other)).toBe("ok");
    if (key === "mac") {
      const [expires, mac] = one.split(":");
      const username = `${expires}:${jid}`;
      expect(await decide(`${username}:${mac}`)).toBe("revoked");
      const beside = { user: "alice", host, username, password: mac as string };
      expect(await verify(beside, trust)).toEqual({ ok: false, reason: "revoked" });
    }
  });

  test("a credential is good once where that is asked", async () => {
    const { decide, make } = await world({ singleUse: true });
    const password = await make(key);
    expect(await decide(password)).toBe("ok");
    expect(await decide(password)).toBe("already-used");
    expect(await decide(await make(key, 601))).toBe("ok");
  });

  test("one that is refused is not used up", async () => {
    const { decide, make } = await world({ singleUse: true });
    const password = await make(key);
    expect(await decide(password, "bob")).not.toBe("ok");
    expect(await decide(password)).toBe("ok");
  });

  test("what cannot be looked up is refused, or used without a store", async () => {
    const { store, trust, decide, make } = await world();
    const password = await make(key);
    store.getStatus = () => Promise.reject(new Error("down"));
    expect(await decide(password)).toBe("store-unavailable");
    const { store: _, ...stateless } = trust;
    const once = { ...stateless, policies: new Policies({ [host]: { singleUse: true } }) };
    const decision = await verify({ user: "alice", host, password }, once);
    expect(decision).toEqual({ ok: false, reason: "store-unavailable" });
  });
});

test("what no MAC can be, or expires after the year 9999, is not revoked", async () => {
  const { store } = await world();
  const mac = `${"A".repeat(27)}=`;
  const revoke = (password: string, username?: string) =>
    revokeCredential(password, { store, username });
  expect(await revoke(mac, `1893456000:${jid}`)).toBe(1_893_456_000);
  for (const other of ["nonsense", mac.slice(0, -1), mac.replace("A=", "B="), ` ${mac}`]) {
    expect(await revoke(other, `1893456000:${jid}`)).toBeUndefined();
  }
  expect(await revoke(`253402300799:${mac}`)).toBe(253_402_300_799);
  expect(await revoke(`253402300800:${mac}`)).toBeUndefined();
  const token = (exp: number) => hmacToken("any", { alg: "HS256" }, { exp });
  expect(await revoke(token(1_893_456_000))).toBe(1_893_456_000);
  expect(await revoke(token(1e15))).toBeUndefined();
});

describe("a user who is revoked", () => {
  test("gets in with a JWT that was minted later, and with none minted before", async () => {
    const { store, policies, decide, make } = await world();
    const at = now();
    const before = await make("hs", 600, at - 10);
    const same = await make("hs", 600, at);
    expect(await revokeUser("alice", host, { store, policies, now: at })).toBe(true);
    const later = await make("hs", 600, at + 1);
    expect(await decide(before, "alice", at + 1)).toBe("revoked");
    expect(await decide(same, "alice", at + 1)).toBe("revoked");
    expect(await decide(later, "alice", at + 1)).toBe("ok");
  });

  test("gets in with no MAC that may have been minted before", async () => {
    const { store, policies, decide, make } = await world({ maxTtl: 600 });
    const at = now();
    const before = await make("mac", 600, at - 1);
    await revokeUser("alice", host, { store, policies, now: at });
    expect(await decide(before, "alice", at + 1)).toBe("revoked");
    // Minted later, but one of the longest life minted before would look the same.
    expect(await decide(await make("mac", 300, at + 5), "alice", at + 5)).toBe("revoked");
    expect(await decide(await make("mac", 600, at + 1), "alice", at + 1)).toBe("ok");
  });

  test("gets in with none of them once max_ttl was changed", async () => {
    const { store, trust, policies, make } = await world({ maxTtl: 7200 });
    const at = now();
    const before = await make("mac", 7200, at - 1);
    await revokeUser("alice", host, { store, policies, now: at });
    for (const maxTtl of [600, 86_400]) {
      const changed = { ...trust, policies: new Policies({ [host]: { maxTtl } }) };
      const decide = (password: string, at: number) =>
        verify({ user: "alice", host, password }, { ...changed, now: at });
      expect(await decide(before, at + 7000)).toEqual({ ok: false, reason: "revoked" });
      expect(await decide(await make("mac", 600, at + 7000), at + 7000)).toMatchObject({
        ok: true,
      });
    }
  });

  test("gets in with none that was minted for longer than max_ttl, where that is said", async () => {
    const { store, policies, decide, make } = await world({ maxTtl: 600 });
    const elsewhere = { keyring, policies: new Policies() };
    const at = now();
    const { password } = await mint({ jid, key: "mac", ttl: 7200 }, { ...elsewhere, now: at - 1 });
    await revokeUser("alice", host, { store, policies, longestTtl: 7200, now: at });
    expect(await decide(password, "alice", at)).toBe("too-long-lived");
    expect(await decide(password, "alice", at + 7000)).toBe("revoked");
    expect(await decide(await make("mac", 600, at + 7000), "alice", at + 7000)).toBe("ok");
    // It adds to what max_ttl covers, and takes nothing away.
    await revokeUser("bob", host, { store, policies, longestTtl: 1, now: at });
    const bobs = await mint(
      { jid: `bob@${host}`, key: "mac", ttl: 600 },
      { ...elsewhere, now: at },
    );
    expect(await decide(bobs.password, "bob", at)).toBe("revoked");
  });

  test("gets in with no JWT whose minter's clock was ahead by the leeway", async () => {
    const { store, policies, decide, make } = await world({ leeway: 30 });
    const at = now();
    const before = await make("hs", 600, at + 30);
    expect(await decide(before, "alice", at)).toBe("ok");
    await revokeUser("alice", host, { store, policies, now: at });
    expect(await decide(before, "alice", at + 1)).toBe("revoked");
    expect(await decide(await make("hs", 600, at + 31), "alice", at + 31)).toBe("ok");
  });

  test("is kept until no leeway makes good what expires", async () => {
    const { store, policies } = await world({ maxTtl: 600, singleUse: true });
    const until: number[] = [];
    store.revokeUser = async (_jid, _revocation, end) => void until.push(end);
    store.claim = async (_credential, end) => Boolean(until.push(end));
    await revokeUser("alice", host, { store, policies, now: 1000 });
    const { password } = await mint({ jid, key: "mac", ttl: 600 }, { keyring, now: 1000 });
    await verify({ user: "alice", host, password }, { keyring, policies, store, now: 1000 });
    expect(until).toEqual([1661, 1661]);
  });

  test("is that user alone", async () => {
    const { store, policies, decide, make } = await world();
    await revokeUser("bob", host, { store, policies });
    expect(await decide(await make("mac"))).toBe("ok");
    expect(await revokeUser("bob", "other.example", { store, policies })).toBe(false);
  });
});

describe("who exists", () => {
  test("can be who has logged in before", async () => {
    const { trust, decide, make } = await world({ users: "seen" });
    expect(await userExists("alice", host, trust)).toBe(false);
    expect(await decide("1:nonsense")).toBe("malformed");
    expect(await userExists("alice", host, trust)).toBe(false);
    expect(await decide(await make("mac"))).toBe("ok");
    expect(await userExists("alice", host, trust)).toBe(true);
    expect(await userExists("bob", host, trust)).toBe(false);
  });

  test("is nobody while the store is down, and logins go on", async () => {
    const { store, trust, decide, make } = await world({ users: "seen" });
    store.markSeen = () => Promise.reject(new Error("down"));
    store.hasSeen = () => Promise.reject(new Error("down"));
    expect(await decide(await make("mac"))).toBe("ok");
    expect(await userExists("alice", host, trust)).toBe(false);
  });

  test("can be asked of a URL: once for all who ask, and again when it is long ago", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const asked: string[] = [];
    const answers: Record<string, () => Response> = {
      alice: () => new Response("true\n"),
      bob: () => new Response("false"),
      carol: () => new Response("", { status: 404 }),
      dave: () => new Response("true", { status: 500 }),
    };
    const fetch = (async (url: URL) => {
      asked.push(url.search);
      const answer = answers[url.searchParams.get("user") ?? ""];
      if (!answer) throw new Error("down");
      return answer();
    }) as typeof globalThis.fetch;
    const exists = createUserLookup("https://app.example.com/users?a=b", { fetch });

    expect(await Promise.all([exists("alice", host), exists("alice", host)])).toEqual([true, true]);
    expect(await exists("alice", host)).toBe(true);
    expect(asked).toEqual(["?a=b&user=alice&server=example.com"]);
    for (const user of ["bob", "carol", "dave", "eve"])
      expect(await exists(user, host)).toBe(false);
    answers.dave = () => new Response("true");
    expect(await exists("dave", host)).toBe(true);
    vi.setSystemTime(Date.now() + 61_000);
    answers.alice = () => new Response("false");
    expect(await exists("alice", host)).toBe(false);
    vi.useRealTimers();
  });
});

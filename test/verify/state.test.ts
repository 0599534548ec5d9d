import { describe, expect, test, vi } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { Policies, type Policy } from "../../src/policy/index.ts";
import { openStore } from "../../src/store/open.ts";
import {
  askUrl,
  revokeCredential,
  revokeUser,
  userExists,
  verify,
} from "../../src/verify/index.ts";

const host = "example.com";
const jid = `alice@${host}`;
const keyring = new Keyring([
  { id: "mac", secret: "north" },
  { id: "hs", secret: "north", algorithm: "HS256" },
]);
const now = () => Math.floor(Date.now() / 1000);

async function world(policy: Partial<Policy> = {}) {
  const store = await openStore("memory");
  const policies = new Policies({ [host]: policy });
  const trust = { keyring, policies, store };
  const decide = async (password: string, user = "alice", at = now()) => {
    const decision = await verify({ user, host, password }, trust, at);
    return decision.ok ? "ok" : decision.reason;
  };
  const make = async (key: string, ttl = 600, at = now()) =>
    (await mint({ jid, key, ttl }, trust, at)).password;
  return { store, policies, trust, decide, make };
}

describe.each(["mac", "hs"])("with a key %s", (key) => {
  test("a credential that is revoked is refused, in every presentation, and others are not", async () => {
    const { store, trust, decide, make } = await world();
    const [one, other] = [await make(key), await make(key, 601)];
    expect(await revokeCredential(one, undefined, { store })).toBeGreaterThan(now());
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
    store.look = () => Promise.reject(new Error("down"));
    expect(await decide(password)).toBe("store-unavailable");
    const { store: _, ...stateless } = trust;
    const once = { ...stateless, policies: new Policies({ [host]: { singleUse: true } }) };
    const decision = await verify({ user: "alice", host, password }, once);
    expect(decision).toEqual({ ok: false, reason: "store-unavailable" });
  });
});

describe("a user who is revoked", () => {
  test("gets in with a JWT that was minted later, and with none minted before", async () => {
    const { store, policies, decide, make } = await world();
    const at = now();
    const before = await make("hs", 600, at - 10);
    const same = await make("hs", 600, at);
    expect(await revokeUser("alice", host, { store, policies }, at)).toBe(true);
    const later = await make("hs", 600, at + 1);
    expect(await decide(before, "alice", at + 1)).toBe("revoked");
    expect(await decide(same, "alice", at + 1)).toBe("revoked");
    expect(await decide(later, "alice", at + 1)).toBe("ok");
  });

  test("gets in with no MAC that may have been minted before", async () => {
    const { store, policies, decide, make } = await world({ maxTtl: 600 });
    const at = now();
    const before = await make("mac", 600, at - 1);
    await revokeUser("alice", host, { store, policies }, at);
    expect(await decide(before, "alice", at + 1)).toBe("revoked");
    // Minted later, but one of the longest life minted before would look the same.
    expect(await decide(await make("mac", 300, at + 5), "alice", at + 5)).toBe("revoked");
    expect(await decide(await make("mac", 600, at + 1), "alice", at + 1)).toBe("ok");
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
    store.see = () => Promise.reject(new Error("down"));
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
    const exists = askUrl("https://app.example.com/users?a=b", { fetch });

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

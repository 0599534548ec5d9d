import crypto from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { mac, parseInlinePassword } from "../../src/credential/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { Policies, type Policy } from "../../src/policy.ts";
import {
  type Decision,
  decide as decideOrWait,
  userExists,
  type VerifyOptions,
  type VerifyRequest,
} from "../../src/verify/index.ts";
import { spyOnBuiltin } from "../support/builtin.ts";
import { everyBitFlipped } from "../support/data/bit-flips.ts";
import { vectors } from "../support/data/vectors.ts";

const host = "example.test";
const jid = `alice@${host}`;
const keyring = new Keyring([{ id: "north", secret: "north", allowShort: true }]);
const expires = 1893456000;
const now = expires - 600;
const minted = await mint({ jid, ttl: 600 }, { keyring, now });
const login = { user: "alice", host, password: minted.password };
const accepted = {
  ok: true,
  user: "alice",
  host,
  expiresAt: expires,
  key: "north",
  format: "mojoauth",
};
const refused = (reason: string) => ({ ok: false, reason });

/** Decides at once, as it does for mojoauth. */
function decide(login: VerifyRequest, at?: number, trust: VerifyOptions = { keyring }): Decision {
  return decideOrWait(login, { ...trust, ...(at !== undefined && { now: at }) }) as Decision;
}

/** The same keys, with this policy for the only host. */
function withPolicy(policy: Partial<Policy>): VerifyOptions {
  return { keyring, policies: new Policies({ [host]: policy }) };
}

/** The MAC that the key `north` makes over a username. */
function signed(username: string): string {
  const [key] = keyring.keys as [(typeof keyring.keys)[number]];
  return mac(key.verification, "sha1", username);
}

afterEach(() => {
  vi.useRealTimers();
});

test.each(["", "a@b", "a:b", "a/b"])("a signed token that names %j is for nobody", (name) => {
  const username = `${expires}:${name}@${host}`;
  const token = { host, password: `${username}:${signed(username)}` };
  expect(decide(token, now)).toEqual(refused("malformed"));
  expect(decide({ host, username, password: signed(username) }, now)).toEqual(refused("malformed"));
});

describe("an inline credential", () => {
  test("is accepted for whom it was minted", () => {
    expect(decide(login, now)).toEqual(accepted);
  });

  test("is refused with any bit of it changed", () => {
    const reasons = everyBitFlipped(login.password).map((password) => {
      const decision = decide({ ...login, password }, now);
      return decision.ok ? `accepted ${password}` : decision.reason;
    });
    expect(new Set(reasons)).toEqual(new Set(["bad-signature", "malformed"]));
  });

  test("is refused for any user whose name differs in a bit", () => {
    const users = everyBitFlipped("alice").filter((user) => /^[a-z0-9]+$/.test(user));
    expect(users.length).toBeGreaterThan(5);
    for (const user of users) {
      expect(decide({ ...login, user }, now)).toEqual(refused("bad-signature"));
    }
  });

  test.each(["alic", "alice2", ""])("is refused for user %j", (user) => {
    expect(decide({ ...login, user }, now).ok).toBe(false);
  });

  test("is refused on another host", () => {
    const elsewhere = { ...login, host: "other.example" };
    expect(decide(elsewhere, now)).toEqual(refused("bad-signature"));
  });

  test("is refused with another secret", () => {
    const south = {
      keyring: new Keyring([{ id: "south", secret: "the-secret-of-the-south-32-bytes" }]),
    };
    expect(decide(login, now, south)).toEqual(refused("bad-signature"));
  });

  test.each([
    ["", "malformed"],
    ["letmein", "malformed"],
    [`${expires}`, "malformed"],
    [`${expires}:`, "malformed"],
    [`${expires}.0:AAAA`, "malformed"],
    [`${expires}:AAAA`, "malformed"],
    [`${expires}:${"A".repeat(27)}=`, "bad-signature"],
    ["A".repeat(65_000), "malformed"],
    [`${expires}:${"A".repeat(65_000)}`, "malformed"],
  ])("cannot be %j", (password, reason) => {
    expect(decide({ ...login, password }, now)).toEqual(refused(reason));
  });
});

describe("time", () => {
  test("a credential is good through the second that it expires in, and no longer", () => {
    expect(decide(login, expires)).toEqual(accepted);
    expect(decide(login, expires + 1)).toEqual(refused("expired"));
  });

  test("leeway lets it live longer by that much", () => {
    const lenient = withPolicy({ leeway: 30 });
    expect(decide(login, expires + 30, lenient)).toEqual(accepted);
    expect(decide(login, expires + 31, lenient)).toEqual(refused("expired"));
  });

  test("one that would live longer than the host allows is refused", () => {
    const strict = withPolicy({ maxTtl: 300 });
    expect(decide(login, expires - 300, strict)).toEqual(accepted);
    expect(decide(login, expires - 301, strict)).toEqual(refused("too-long-lived"));
  });

  test("an expiry in milliseconds is refused, however it is signed", () => {
    const password = `${expires}000:${signed(`${expires}000:${jid}`)}`;
    expect(decide({ ...login, password }, now)).toEqual(refused("too-long-lived"));
  });

  test("the clock is read at each call, so that a long-lived process sees it expire", () => {
    vi.useFakeTimers({ now: now * 1000 });
    expect(decide(login)).toEqual(accepted);
    vi.setSystemTime((expires + 1) * 1000);
    expect(decide(login)).toEqual(refused("expired"));
  });

  test("the signature is judged first: who has none learns nothing of time", () => {
    const password = `1:${parseInlinePassword(login.password)?.mac}`;
    expect(decide({ ...login, password }, now)).toEqual(refused("bad-signature"));
  });
});

describe("a credential not bound to a host", () => {
  const unbound = { ...login, password: `${expires}:${signed(`${expires}:alice`)}` };

  test("is refused unless the host's policy allows it", () => {
    expect(decide(unbound, now)).toEqual(refused("bad-signature"));
    expect(decide(unbound, now, withPolicy({ hostBound: false }))).toEqual(accepted);
  });

  test("does not let a localpart pass for a bare JID", () => {
    const open = { keyring, policies: new Policies({ "open.example": { hostBound: false } }) };
    const disguised = { user: jid, host: "open.example", password: login.password };
    expect(decide(disguised, now, open)).toEqual(refused("malformed"));
  });
});

describe("a username with its MAC", () => {
  const separate = (username: string) => ({
    ...login,
    username,
    password: signed(username),
  });

  test("is accepted for the bare JID in it", () => {
    expect(decide(separate(`${expires}:${jid}`), now)).toEqual(accepted);
  });

  test.each([
    [`${expires}:bob@${host}`, "wrong-user"],
    [`${expires}:alice@other.example`, "wrong-host"],
    [`${expires}:alice`, "wrong-host"],
    [`${expires}:bob`, "wrong-user"],
    [`${expires}:alice:bob`, "wrong-user"],
    [`${expires}:@alice:${host}`, "wrong-user"],
    [`${expires}:`, "wrong-user"],
    [`${expires}`, "wrong-user"],
    [`${now - 1}:${jid}`, "expired"],
    [`alice`, "malformed"],
  ])("%s is refused as %2$s", (username, reason) => {
    expect(decide(separate(username), now)).toEqual(refused(reason));
  });

  test("may leave the host out where the policy allows it", () => {
    const lenient = withPolicy({ hostBound: false });
    expect(decide(separate(`${expires}:alice`), now, lenient)).toEqual(accepted);
  });

  test("is refused when username and MAC do not belong together", () => {
    const username = `${expires}:${jid}`;
    for (const changed of everyBitFlipped(username)) {
      const decision = decide({ ...separate(username), username: changed }, now);
      expect(decision.ok).toBe(false);
    }
    expect(decide({ ...separate(username), password: "" }, now).ok).toBe(false);
  });

  test.each(vectors.filter(({ secret }) => secret === "north"))(
    "$hash of $username is known",
    ({ username, hash, mac }) => {
      const [, expiry = "", id = ""] = /^(\d+):?(.*)$/.exec(username) ?? [];
      const known = {
        keyring: new Keyring([{ id: "north", secret: "north", allowShort: true, algorithm: hash }]),
        policies: new Policies({ "*": { hostBound: false } }),
      };
      const [user = "", on = host] = id.split("@");
      const decision = decide({ user, host: on, username, password: mac }, Number(expiry), known);
      const nameless = user === "" || user.includes(":");
      expect(decision.ok).toBe(!nameless);
    },
  );
});

describe("keys", () => {
  test("all of them are tried, and the decision names the one that signed", () => {
    const rotated = new Keyring([
      { id: "new", secret: "the-secret-of-the-south-32-bytes" },
      { id: "north", secret: "north", allowShort: true, state: "verify" },
      { id: "third", secret: "the-secret-of-the-east--32-bytes" },
    ]);
    const timingSafeEqual = spyOnBuiltin(crypto, "timingSafeEqual");
    expect(decide(login, now, { keyring: rotated })).toEqual(accepted);
    expect(timingSafeEqual).toHaveBeenCalledTimes(3);
  });

  test.each([
    ["is off", { state: "off" as const }, "unknown-key"],
    ["is for other hosts", { hosts: ["other.example"] }, "wrong-host"],
    ["is for other services", { services: ["turn" as const] }, "wrong-service"],
    ["is for JWTs", { algorithm: "HS256" as const }, "unknown-key"],
  ])("one that %s does not verify", (_, limits, reason) => {
    const limited = new Keyring([{ id: "north", secret: "north", allowShort: true, ...limits }]);
    expect(decide(login, now, { keyring: limited })).toEqual(refused(reason));
  });

  test("the algorithm is the key's, whatever the credential's length says", async () => {
    const sha256 = {
      keyring: new Keyring([
        { id: "north", secret: "north", allowShort: true, algorithm: "sha256" },
      ]),
    };
    expect(decide(login, now, sha256)).toEqual(refused("bad-signature"));
    const { password } = await mint({ jid, ttl: 600 }, { ...sha256, now });
    expect(decide({ ...login, password }, now, sha256)).toEqual(accepted);
    expect(decide({ ...login, password }, now)).toEqual(refused("bad-signature"));
  });
});

describe("hosts", () => {
  test("once some are named, only those are served", () => {
    const policies = new Policies({ "other.example": {} });
    expect(decide(login, now, { keyring, policies })).toEqual(refused("wrong-host"));
    const rest = new Policies({ "other.example": {}, "*": {} });
    expect(decide(login, now, { keyring, policies: rest })).toEqual(accepted);
  });

  test("say who exists", () => {
    expect(userExists("alice", host, { keyring })).toBe(true);
    expect(userExists("alice", host, withPolicy({ users: "none" }))).toBe(false);
    expect(userExists("alice", "other.example", withPolicy({}))).toBe(false);
  });
});

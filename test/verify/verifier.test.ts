import { timingSafeEqual } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { mac, parseInlinePassword } from "../../src/credential/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { Minter } from "../../src/mint/index.ts";
import { Policies, type Policy } from "../../src/policy/index.ts";
import { Verifier } from "../../src/verify/index.ts";
import { everyBitFlipped } from "../support/bits.ts";
import { vectors } from "../support/vectors.ts";

vi.mock("node:crypto", { spy: true });

const host = "example.test";
const jid = `alice@${host}`;
const keyring = new Keyring([{ id: "north", secret: "north" }]);
const verifier = new Verifier(keyring);
const expires = 1893456000;
const now = expires - 600;
const minted = new Minter(keyring).mint({ jid, ttl: 600 }, now);
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

/** A verifier whose only host has this policy. */
function withPolicy(policy: Partial<Policy>): Verifier {
  return new Verifier(keyring, new Policies({ [host]: policy }));
}

/** The MAC that the key `north` makes over a username. */
function signed(username: string): string {
  const [key] = keyring.keys as [(typeof keyring.keys)[number]];
  return mac(key.secret, key.algorithm, username);
}

afterEach(() => {
  vi.useRealTimers();
});

describe("an inline credential", () => {
  test("is accepted for whom it was minted", () => {
    expect(verifier.verify(login, now)).toEqual(accepted);
  });

  test("is refused with any bit of it changed", () => {
    const reasons = everyBitFlipped(login.password).map((password) => {
      const decision = verifier.verify({ ...login, password }, now);
      return decision.ok ? `accepted ${password}` : decision.reason;
    });
    expect(new Set(reasons)).toEqual(new Set(["bad-signature", "malformed"]));
  });

  test("is refused for any user whose name differs in a bit", () => {
    const users = everyBitFlipped("alice").filter((user) => /^[a-z0-9]+$/.test(user));
    expect(users.length).toBeGreaterThan(5);
    for (const user of users) {
      expect(verifier.verify({ ...login, user }, now)).toEqual(refused("bad-signature"));
    }
  });

  test.each(["alic", "alice2", ""])("is refused for user %j", (user) => {
    expect(verifier.verify({ ...login, user }, now).ok).toBe(false);
  });

  test("is refused on another host", () => {
    const elsewhere = { ...login, host: "other.example" };
    expect(verifier.verify(elsewhere, now)).toEqual(refused("bad-signature"));
  });

  test("is refused with another secret", () => {
    const south = new Verifier(new Keyring([{ id: "south", secret: "south" }]));
    expect(south.verify(login, now)).toEqual(refused("bad-signature"));
  });

  test.each([
    ["", "malformed"],
    ["letmein", "malformed"],
    [`${expires}`, "malformed"],
    [`${expires}:`, "malformed"],
    [`${expires}.0:AAAA`, "malformed"],
    [`${expires}:AAAA`, "bad-signature"],
    ["A".repeat(65_000), "malformed"],
    [`${expires}:${"A".repeat(65_000)}`, "bad-signature"],
  ])("cannot be %j", (password, reason) => {
    expect(verifier.verify({ ...login, password }, now)).toEqual(refused(reason));
  });
});

describe("time", () => {
  test("a credential is good through the second that it expires in, and no longer", () => {
    expect(verifier.verify(login, expires)).toEqual(accepted);
    expect(verifier.verify(login, expires + 1)).toEqual(refused("expired"));
  });

  test("leeway lets it live longer by that much", () => {
    const lenient = withPolicy({ leeway: 30 });
    expect(lenient.verify(login, expires + 30)).toEqual(accepted);
    expect(lenient.verify(login, expires + 31)).toEqual(refused("expired"));
  });

  test("one that would live longer than the host allows is refused", () => {
    const strict = withPolicy({ maxTtl: 300 });
    expect(strict.verify(login, expires - 300)).toEqual(accepted);
    expect(strict.verify(login, expires - 301)).toEqual(refused("too-long-lived"));
  });

  test("an expiry in milliseconds is refused, however it is signed", () => {
    const password = `${expires}000:${signed(`${expires}000:${jid}`)}`;
    expect(verifier.verify({ ...login, password }, now)).toEqual(refused("too-long-lived"));
  });

  test("the clock is read at each call, so that a long-lived process sees it expire", () => {
    vi.useFakeTimers({ now: now * 1000 });
    expect(verifier.verify(login)).toEqual(accepted);
    vi.setSystemTime((expires + 1) * 1000);
    expect(verifier.verify(login)).toEqual(refused("expired"));
  });

  test("the signature is judged first: who has none learns nothing of time", () => {
    const password = `1:${parseInlinePassword(login.password)?.mac}`;
    expect(verifier.verify({ ...login, password }, now)).toEqual(refused("bad-signature"));
  });
});

describe("a credential not bound to a host", () => {
  const unbound = { ...login, password: `${expires}:${signed(`${expires}:alice`)}` };

  test("is refused unless the host's policy allows it", () => {
    expect(verifier.verify(unbound, now)).toEqual(refused("bad-signature"));
    expect(withPolicy({ hostBound: false }).verify(unbound, now)).toEqual(accepted);
  });

  test("does not let a localpart pass for a bare JID", () => {
    const open = new Verifier(keyring, new Policies({ "open.example": { hostBound: false } }));
    const disguised = { user: jid, host: "open.example", password: login.password };
    expect(open.verify(disguised, now)).toEqual(refused("malformed"));
  });
});

describe("a username with its MAC", () => {
  const separate = (username: string) => ({
    ...login,
    username,
    password: signed(username),
  });

  test("is accepted for the bare JID in it", () => {
    expect(verifier.verify(separate(`${expires}:${jid}`), now)).toEqual(accepted);
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
    expect(verifier.verify(separate(username), now)).toEqual(refused(reason));
  });

  test("may leave the host out where the policy allows it", () => {
    const lenient = withPolicy({ hostBound: false });
    expect(lenient.verify(separate(`${expires}:alice`), now)).toEqual(accepted);
  });

  test("is refused when username and MAC do not belong together", () => {
    const username = `${expires}:${jid}`;
    for (const changed of everyBitFlipped(username)) {
      const decision = verifier.verify({ ...separate(username), username: changed }, now);
      expect(decision.ok).toBe(false);
    }
    expect(verifier.verify({ ...separate(username), password: "" }, now).ok).toBe(false);
  });

  test.each(vectors.filter(({ secret }) => secret === "north"))(
    "$hash of $username is known",
    ({ username, hash, mac }) => {
      const [, expiry = "", id = ""] = /^(\d+):?(.*)$/.exec(username) ?? [];
      const known = new Verifier(
        new Keyring([{ id: "north", secret: "north", algorithm: hash }]),
        new Policies({ "*": { hostBound: false } }),
      );
      const [user = "", on = host] = id.split("@");
      const decision = known.verify({ user, host: on, username, password: mac }, Number(expiry));
      const nameless = user === "" || user.includes(":");
      expect(decision.ok).toBe(!nameless);
    },
  );
});

describe("keys", () => {
  test("all of them are tried, and the decision names the one that signed", () => {
    const rotated = new Verifier(
      new Keyring([
        { id: "new", secret: "south" },
        { id: "north", secret: "north", state: "verify" },
        { id: "third", secret: "east" },
      ]),
    );
    vi.mocked(timingSafeEqual).mockClear();
    expect(rotated.verify(login, now)).toEqual(accepted);
    expect(timingSafeEqual).toHaveBeenCalledTimes(3);
  });

  test("one that is off, or serves others, does not verify", () => {
    for (const key of [
      { state: "off" as const },
      { hosts: ["other.example"] },
      { services: ["turn" as const] },
    ]) {
      const limited = new Verifier(new Keyring([{ id: "north", secret: "north", ...key }]));
      expect(limited.verify(login, now)).toEqual(refused("unknown-key"));
    }
  });

  test("the algorithm is the key's, whatever the credential's length says", () => {
    const sha256 = new Keyring([{ id: "north", secret: "north", algorithm: "sha256" }]);
    expect(new Verifier(sha256).verify(login, now)).toEqual(refused("bad-signature"));
    const { password } = new Minter(sha256).mint({ jid, ttl: 600 }, now);
    expect(new Verifier(sha256).verify({ ...login, password }, now)).toEqual(accepted);
    expect(verifier.verify({ ...login, password }, now)).toEqual(refused("bad-signature"));
  });
});

describe("hosts", () => {
  test("once some are named, only those are served", () => {
    const policies = new Policies({ "other.example": {} });
    expect(new Verifier(keyring, policies).verify(login, now)).toEqual(refused("wrong-host"));
    const rest = new Policies({ "other.example": {}, "*": {} });
    expect(new Verifier(keyring, rest).verify(login, now)).toEqual(accepted);
  });

  test("say who exists", () => {
    expect(verifier.isUser("alice", host)).toBe(true);
    expect(withPolicy({ users: "none" }).isUser("alice", host)).toBe(false);
    expect(withPolicy({}).isUser("alice", "other.example")).toBe(false);
  });
});

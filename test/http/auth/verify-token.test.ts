import { expect, test } from "vitest";
import { verifyToken } from "../../../src/http/auth/verify-token.ts";
import { type Issuer, Keyring } from "../../../src/keyring/index.ts";
import { mint } from "../../../src/mint/index.ts";
import { Policies } from "../../../src/policy.ts";
import { alice, issued, issuer, keyring, keys, now, ourToken } from "../fixtures.ts";

const several = { hosts: ["a.example", "b.example"] };

async function who(token: string, more: Partial<Issuer> = {}, wanted?: string): Promise<string> {
  const trust = { keyring: new Keyring(keys, [{ ...issuer, ...more }]) };
  const decision = await verifyToken(token, trust, wanted);
  return decision.ok ? `${decision.user}@${decision.host}` : decision.reason;
}

test.each(["mojoauth", "jwt"] as const)("a %s token of ours names its host", async (format) => {
  for (const jid of [alice, "bob@other.example"]) {
    expect(await who(await ourToken({ jid, format }))).toBe(jid);
  }
});

test("a token of ours that expired is told as such", async () => {
  expect(await who(await ourToken({ ttl: 60 }, now() - 61))).toBe("expired");
});

test("a password names nobody", async () => {
  const { password } = await mint({ jid: alice }, { keyring });
  expect(await who(password)).toBe("malformed");
});

test("a token without a host is for none, whatever the policy", async () => {
  const { username, password } = await mint({ jid: "alice", service: "sip" }, { keyring });
  const policies = new Policies({ "*": { hostBound: false } });
  const decision = await verifyToken(`${username}:${password}`, { keyring, policies });
  expect(decision).toEqual({ ok: false, reason: "malformed" });
});

test("an issuer's token is for the issuer's hosts", async () => {
  expect(await who(await issued())).toBe(alice);
  expect(await who(await issued(), several)).toBe("alice@a.example");
  expect(await who(await issued(), several, "b.example")).toBe("alice@b.example");
  expect(await who(await issued(), several, "c.example")).toBe("wrong-host");
  expect(await who(await issued({ sub: "alice@b.example" }), several)).toBe("alice@b.example");
  expect(await who(await issued({ sub: "alice@c.example" }), several)).toBe("wrong-host");
});

test.each(["Alice", "ａlice", "Alice@Example.com"])(
  "an issuer's user %j is prepared",
  async (sub) => {
    expect(await who(await issued({ sub }))).toBe(alice);
  },
);

test.each(["Alice", "a@b", "alice/x", "", "ａlice", "a b"])(
  "an issuer's user %j, whom a server would take for another or for nobody, is refused",
  async (sub) => {
    expect(await who(await issued({ sub }), { name: "exact" })).toMatch(
      /^(wrong-(user|host)|malformed)$/,
    );
  },
);

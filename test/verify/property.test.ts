import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { services } from "../../src/credential/index.ts";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint } from "../../src/mint/index.ts";
import { Policies } from "../../src/policy.ts";
import { type VerifyRequest, verify } from "../../src/verify/index.ts";
import { pemPair } from "../support/data/jwt.ts";

const host = "example.com";
const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789.-_+=~!$*"];
const localpart = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 40 });
const secret = fc
  .string({ minLength: 16, maxLength: 100 })
  .filter((it) => !it.includes("-----BEGIN"));
const now = fc.integer({ min: 1, max: 4_000_000_000 });
const ttl = fc.integer({ min: 1, max: 86_400 });
const pairs = {
  RS256: pemPair("RS256").privateKey,
  ES256: pemPair("ES256").privateKey,
  EdDSA: pemPair("EdDSA").privateKey,
};

/** A key, and what to mint with it. */
const way: fc.Arbitrary<{ key: KeyInput; request: MintRequest }> = fc
  .record({
    secret,
    algorithm: fc.constantFrom(
      "sha1",
      "sha256",
      "sha384",
      "sha512",
      "HS256",
      "HS512",
      ...(["RS256", "ES256", "EdDSA"] as const),
    ),
    service: fc.constantFrom(...services),
    present: fc.constantFrom("inline", "authzid", "token"),
  })
  .map(({ secret, algorithm, service, present }) => {
    const isMac = algorithm.startsWith("sha");
    const pair = pairs[algorithm as keyof typeof pairs];
    const fits = isMac && (service !== "turn" || algorithm === "sha1");
    return {
      key: { id: "k", algorithm, secret: pair ?? secret } as KeyInput,
      request: {
        service: fits ? service : "xmpp",
        ...(isMac && (!fits || service === "xmpp") && { present }),
      } as MintRequest,
    };
  });

/** What a server makes of a minted credential that is presented to it. */
function presented(
  user: string,
  { username, password, authzid }: { username: string; password: string; authzid?: string },
  service: MintRequest["service"],
): VerifyRequest {
  const isBeside = authzid !== undefined || (service !== undefined && service !== "xmpp");
  return { user, host, password, ...(isBeside && { username }), ...(service && { service }) };
}

describe("whatever is minted", () => {
  test("verifies through its life, and not after", async () => {
    await fc.assert(
      fc.asyncProperty(way, localpart, ttl, now, async ({ key, request }, user, ttl, now) => {
        const keyring = new Keyring([key]);
        const minted = await mint({ ...request, jid: `${user}@${host}`, ttl }, { keyring, now });
        const login = presented(user, minted, request.service);
        const outcome = { ok: true, user, host, expiresAt: now + ttl, key: "k" };
        expect(await verify(login, { keyring, now })).toMatchObject(outcome);
        expect(await verify(login, { keyring, now: now + ttl - 1 })).toMatchObject(outcome);
        expect(await verify(login, { keyring, now: now + ttl + 1 })).toEqual({
          ok: false,
          reason: "expired",
        });
      }),
      { numRuns: 300 },
    );
  });

  test("is refused with any byte of any part changed", async () => {
    await fc.assert(
      fc.asyncProperty(
        way,
        localpart,
        now,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (way, user, now, at, by) => {
          const keyring = new Keyring([way.key]);
          const minted = await mint({ ...way.request, jid: `${user}@${host}` }, { keyring, now });
          const login = presented(user, minted, way.request.service);
          for (const part of ["user", "host", "password", "username"] as const) {
            const text = login[part];
            if (text === undefined) continue;
            const bytes = Buffer.from(text, "latin1");
            const index = at % bytes.length;
            bytes[index] = (bytes[index] ?? 0) ^ by;
            const changed = { ...login, [part]: bytes.toString("latin1") };
            expect((await verify(changed, { keyring, now })).ok).toBe(false);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("verify", () => {
  const keyring = new Keyring([
    { id: "mac", secret: "the-secret-of-the-north-32-bytes" },
    { id: "hs", secret: "the-secret-of-the-north-32-bytes", algorithm: "HS256" },
    { id: "es", secret: pairs.ES256, algorithm: "ES256" },
  ]);
  const policies = new Policies({ "*": { hostBound: false } });

  /** Inputs from noise to nearly good, none of them good. */
  async function mutants(): Promise<fc.Arbitrary<string>> {
    const request = { jid: `alice@${host}` };
    const seeds = await Promise.all(
      [{ key: "mac" }, { key: "mac", present: "token" as const }, { key: "hs" }, { key: "es" }].map(
        async (way) => (await mint({ ...request, ...way }, { keyring })).password,
      ),
    );
    const noise = fc.string({ unit: "binary", maxLength: 60 });
    const seed = fc.constantFrom(...seeds);
    const inputs = fc.oneof(
      noise,
      fc.string({ unit: fc.constantFrom(..."0123456789:.=eyJ+/_-"), maxLength: 80 }),
      fc.json({ maxDepth: 3 }).map((json) => `${Buffer.from(json).toString("base64url")}.e30.AAAA`),
      fc.tuple(seed, fc.nat(), noise).map(([text, at, piece]) => {
        const index = at % text.length;
        return text.slice(0, index) + piece + text.slice(index + 1);
      }),
      fc.tuple(seed, fc.nat()).map(([text, at]) => text.slice(0, at % text.length)),
      fc.tuple(seed, seed).map(([one, other]) => `${one}.${other}`),
    );
    // A piece can be what was there before.
    return inputs.filter((it) => !seeds.includes(it));
  }

  test("does not throw, and lets nobody in, for 100 000 inputs", async () => {
    const password = await mutants();
    const name = fc.oneof(fc.constant("alice"), fc.string({ unit: "binary", maxLength: 20 }));
    const login = fc.record(
      { user: name, host: fc.oneof(fc.constant(host), name), password, username: password },
      { requiredKeys: ["user", "host", "password"] },
    );
    let decided = 0;
    await fc.assert(
      fc.asyncProperty(login, async (login) => {
        const decision = await verify(login, { keyring, policies });
        decided++;
        if (decision.ok) throw new Error(`let in: ${JSON.stringify(login)}`);
      }),
      { numRuns: 100_000 },
    );
    expect(decided).toBe(100_000);
  }, 120_000);
});

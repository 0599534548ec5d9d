import { expect, test } from "vitest";
import type { Algorithm } from "../../src/credential/index.ts";
import { findWeaknesses, Keyring } from "../../src/keyring/index.ts";
import { pemPair } from "../support/data/jwt.ts";

/** What is weak about a key with a secret of so many bytes. */
function weaknessesOf(algorithm: Algorithm, bytes: number): string[] {
  const secret = "s".repeat(bytes);
  const { keys } = new Keyring([{ id: "a", secret, algorithm, allowShort: true }]);
  return findWeaknesses(keys).map(({ what }) => what);
}

test.each<[Algorithm, number, string]>([
  ["sha1", 32, "its secret is shorter than 32 bytes"],
  ["sha512", 32, "its secret is shorter than 32 bytes"],
  ["HS256", 32, "its secret is shorter than 32 bytes, which HS256 demands"],
  ["HS384", 48, "its secret is shorter than 48 bytes, which HS384 demands"],
  ["HS512", 64, "its secret is shorter than 64 bytes, which HS512 demands"],
])("a secret for %s of fewer than %i bytes is weak", (algorithm, wanted, what) => {
  expect(weaknessesOf(algorithm, wanted - 1)).toEqual([`key a: ${what}`]);
  expect(weaknessesOf(algorithm, 1)).toEqual([`key a: ${what}`]);
  expect(weaknessesOf(algorithm, wanted)).toEqual([]);
});

test("a key pair is not", () => {
  const { keys } = new Keyring([
    { id: "a", secret: pemPair("ES256").privateKey, algorithm: "ES256" },
  ]);
  expect(findWeaknesses(keys)).toEqual([]);
});

test("a key for JWTs with an issuer is, unless it is kept to profiles", () => {
  const secret = "s".repeat(32);
  const { keys } = new Keyring([
    { id: "any", secret, algorithm: "HS256", issuer: "app" },
    { id: "kept", secret, algorithm: "HS256", issuer: "app", profiles: ["jitsi"] },
    { id: "own", secret, algorithm: "HS256" },
    { id: "mac", secret, issuer: "app" },
  ]);
  expect(findWeaknesses(keys)).toMatchObject([{ code: "any-profile", key: "any" }]);
});

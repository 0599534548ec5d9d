import { describe, expect, test } from "vitest";
import type { Issuer } from "../../src/keyring/index.ts";
import { findConflict, type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { pemPair } from "../support/data/jwt.ts";

const secret = "a secret of thirty-two bytes at least";
const pair = pemPair("ES256");
const iss = "https://id.example.com";
const issuer: Issuer = {
  issuer: iss,
  keys: { getKeys: async () => [] },
  algorithms: ["RS256"],
  audience: "example.com",
};

function conflictOf(keys: readonly KeyInput[], issuers: readonly Issuer[] = []) {
  return findConflict(new Keyring(keys).keys, issuers);
}

describe("a mistake to name is", () => {
  test("an issuer that stands twice", () => {
    expect(conflictOf([], [issuer, { ...issuer, issuer: `${iss}/` }])).toBeUndefined();
    expect(conflictOf([], [issuer, { ...issuer, audience: "other" }])).toBe(
      `issuers: ${iss} stands there twice, and only the first would count: make them one`,
    );
  });

  test("two issuers that would be asked about the same token", () => {
    const lookup = async () => undefined;
    const other = { ...issuer, issuer: "https://other.example" };
    const conflict = (one: Partial<Issuer>, two: Partial<Issuer>) =>
      conflictOf(
        [],
        [
          { ...issuer, ...one },
          { ...other, ...two },
        ],
      );
    expect(conflict({ lookup }, {})).toBeUndefined();
    expect(conflict({ lookup }, { lookup, hosts: ["example.org"] })).toBeUndefined();
    const both = `issuers: ${iss} and https://other.example are both asked about opaque tokens`;
    expect(conflict({ lookup }, { lookup })).toContain(both);
    expect(conflict({ lookup }, { lookup, hosts: ["a.example", "example.com"] })).toContain(both);
    expect(conflict({ lookup, hosts: [] }, { lookup })).toContain(both);
  });

  test("a key with the issuer of another", () => {
    const key = { id: "a", secret, algorithm: "HS256", issuer: iss } as const;
    expect(conflictOf([key], [{ ...issuer, issuer: `${iss}/` }])).toBeUndefined();
    expect(conflictOf([{ ...key, state: "off" }], [issuer])).toBeUndefined();
    expect(conflictOf([key], [issuer])).toContain("key a: its issuer stands under issuers: too");
  });

  test.each<[string, KeyInput, KeyInput]>([
    ["a secret", { id: "a", secret }, { id: "b", secret }],
    ["one that is off", { id: "a", secret }, { id: "b", secret, state: "off" }],
    ["one for JWTs", { id: "a", secret }, { id: "b", secret, algorithm: "HS256" }],
    [
      "a pair",
      { id: "a", secret: pair.privateKey, algorithm: "ES256" },
      { id: "b", secret: pair.publicKey, algorithm: "ES256", state: "verify" },
    ],
  ])("two keys with one secret: %s", (_, one, other) => {
    expect(
      conflictOf([one, { ...other, secret: `${secret}.`, algorithm: "sha1", state: "mint" }]),
    ).toBeUndefined();
    const conflict = conflictOf([one, other]);
    expect(conflict).toContain("key b: its secret is that of key a");
    expect(conflict).not.toContain(secret);
  });
});

import { generateKeyPairSync } from "node:crypto";
import { exportJWK, importSPKI } from "jose";
import { describe, expect, test } from "vitest";
import {
  hashes,
  jwsAlgorithms,
  publicAlgorithms,
  secretAlgorithms,
} from "../../src/credential/algorithms.ts";
import { MayflyError } from "../../src/error.ts";
import { importSecret } from "../../src/keyring/import-key.ts";
import { pemPair } from "../support/data/jwt.ts";

const rsa = pemPair("RS256");
const jwk = JSON.stringify(await exportJWK(await importSPKI(rsa.publicKey, "RS256")));

/** What is wrong with a secret, which the error may not show. */
function problem(secret: string, algorithm: Parameters<typeof importSecret>[1]): string {
  try {
    importSecret(secret, algorithm);
  } catch (error) {
    expect(error).toBeInstanceOf(MayflyError);
    if (secret) expect((error as Error).message).not.toContain(secret.slice(0, 20));
    return (error as Error).message;
  }
  return "nothing";
}

describe("a secret", () => {
  test.each(publicAlgorithms)("for %s is a PEM or a JWK, private or public", (algorithm) => {
    const { privateKey, publicKey } = pemPair(algorithm);
    expect(importSecret(privateKey, algorithm)).toMatchObject({ signing: { type: "private" } });
    const half = importSecret(publicKey, algorithm);
    expect(half.verification.type).toBe("public");
    expect(half.signing).toBeUndefined();
    const json = JSON.stringify(half.verification.export({ format: "jwk" }));
    expect(importSecret(json, algorithm).verification.equals(half.verification)).toBe(true);
  });

  test.each([...hashes, ...secretAlgorithms])(
    "for %s is bytes, and never a key that others may know",
    (algorithm) => {
      expect(problem("a secret of the north", algorithm)).toBe("nothing");
      expect(problem('{"a":1,"b":2,"c":3}', algorithm)).toBe("nothing");
      const keys = [rsa.publicKey, rsa.privateKey, jwk, ` \n${jwk}`, `{"keys":[${jwk}]}`];
      for (const key of [...keys, ` ${rsa.publicKey}`, `x${rsa.publicKey}`]) {
        expect(problem(key, algorithm)).toContain("is a PEM or JWK");
      }
    },
  );

  test.each([...hashes, ...secretAlgorithms])(
    "for %s has 16 bytes at least, unless a short one is allowed",
    (algorithm) => {
      for (const short of ["?!", "fifteen bytes .", "üüüüüüü."]) {
        expect(problem(short, algorithm)).toMatch(/shorter than 16 bytes.*allow_short: true/);
        const { signing } = importSecret(short, algorithm, { allowShort: true });
        expect(signing?.symmetricKeySize).toBe(Buffer.byteLength(short));
      }
      for (const long of ["sixteen bytes ..", "üüüüüüüü"]) {
        expect(problem(long, algorithm)).toBe("nothing");
      }
      expect(() => importSecret("", algorithm, { allowShort: true })).toThrow("is empty");
    },
  );

  test.each(jwsAlgorithms)("for %s is not empty, nor an unset variable", (algorithm) => {
    expect(problem("", algorithm)).toBe("the secret is empty");
    expect(problem(undefined as never, algorithm)).toBe("the secret is empty");
  });

  test.each([
    ["a key of another kind", rsa.publicKey, "ES256", "is a key for rsa, not for ES256"],
    ["a key on another curve", pemPair("ES384").publicKey, "ES256", "is a key for secp384r1"],
    ["text", "north", "RS256", "is not a PEM or JWK to sign or verify with by RS256"],
    ["a broken PEM", rsa.publicKey.slice(0, 200), "RS256", "is not a PEM or JWK"],
    ["a JWK to encrypt with", `{"use":"enc",${jwk.slice(1)}`, "RS256", "is not a PEM or JWK"],
    ["a JWK for another operation", `{"key_ops":["encrypt"],${jwk.slice(1)}`, "RS256", "is not a"],
    ["a JWK for another algorithm", `{"alg":"PS256",${jwk.slice(1)}`, "RS256", "is not a PEM"],
    ["a symmetric JWK", '{"kty":"oct","k":"bm9ydGg"}', "RS256", "is not a PEM or JWK"],
    [
      "a short RSA key",
      generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({
        type: "spki",
        format: "pem",
      }) as string,
      "RS256",
      "is an RSA key of less than 2048 bits",
    ],
  ] as const)("is not %s", (_, secret, algorithm, message) => {
    expect(problem(secret, algorithm)).toContain(message);
  });
});

import { createHmac, createSecretKey } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hashes } from "../../src/credential/algorithms.ts";
import { hmac } from "../../src/credential/index.ts";

const long = ["x".repeat(512), "x".repeat(513), "x".repeat(1600), "\u20ac".repeat(512)];

test.each(hashes)("an HMAC by %s is that of Node, whatever came before", (hash) => {
  const secrets = fc.uint8Array({ minLength: 1, maxLength: 300 });
  const texts = fc.array(fc.string({ unit: "binary", maxLength: 700 }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(secrets, texts, (secret, texts) => {
      const key = createSecretKey(secret);
      const all = [...texts, ...long];
      for (const text of [...all, ...all.map((text) => Buffer.from(text))]) {
        for (const encoding of ["base64", "base64url"] as const) {
          const expected = createHmac(hash, secret).update(text).digest(encoding);
          expect(hmac(key, hash, text, encoding)).toBe(expected);
        }
      }
    }),
  );
});

test("a key has a MAC of its own by each hash", () => {
  const key = createSecretKey(Buffer.from("north"));
  const macs = hashes.map((hash) => hmac(key, hash, "alice"));
  expect(macs).toEqual(
    hashes.map((hash) => createHmac(hash, "north").update("alice").digest("base64")),
  );
});

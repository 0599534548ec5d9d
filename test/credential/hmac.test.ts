import { createHmac, createSecretKey } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hashes } from "../../src/credential/algorithm.ts";
import { mac } from "../../src/credential/index.ts";

test.each(hashes)("an HMAC by %s is that of Node, whatever came before", (hash) => {
  const secrets = fc.uint8Array({ minLength: 1, maxLength: 300 });
  const texts = fc.array(fc.string({ unit: "binary", maxLength: 700 }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(secrets, texts, (secret, texts) => {
      const key = createSecretKey(secret);
      for (const text of [...texts, ...texts.map((text) => Buffer.from(text))]) {
        expect(mac(key, hash, text)).toBe(createHmac(hash, secret).update(text).digest("base64"));
      }
    }),
  );
});

test("a key has a MAC of its own by each hash", () => {
  const key = createSecretKey(Buffer.from("north"));
  const macs = hashes.map((hash) => mac(key, hash, "alice"));
  expect(macs).toEqual(
    hashes.map((hash) => createHmac(hash, "north").update("alice").digest("base64")),
  );
});

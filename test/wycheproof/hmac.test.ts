import { createSecretKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hashes } from "../../src/credential/algorithms.ts";
import { isValidMac } from "../../src/credential/index.ts";
import { haveVectors, readVectors, type WycheproofGroup } from "../support/data/wycheproof.ts";

interface Group extends WycheproofGroup<{ key: string; msg: string; tag: string }> {
  tagSize: number;
}

const sizes = { sha1: 160, sha256: 256, sha384: 384, sha512: 512 };

describe.skipIf(!haveVectors)("Wycheproof's vectors of HMAC", () => {
  test.each(hashes)(
    "by %s are all decided as they say; a MAC cut short is none of ours",
    (hash) => {
      const groups = readVectors<Group>(`hmac_${hash}_test.json`);
      const tests = groups.flatMap(({ tagSize, tests }) => tests.map((it) => ({ ...it, tagSize })));
      const wrong = tests.filter(({ key, msg, tag, result, tagSize }) => {
        const secret = createSecretKey(Buffer.from(key, "hex"));
        const given = Buffer.from(tag, "hex").toString("base64");
        const isWhole = tagSize === sizes[hash];
        return (
          isValidMac(given, secret, hash, Buffer.from(msg, "hex")) !==
          (result === "valid" && isWhole)
        );
      });
      expect(wrong).toEqual([]);
      expect(tests.length).toBeGreaterThan(100);
    },
  );
});

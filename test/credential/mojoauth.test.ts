import crypto, { createSecretKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  inlinePassword,
  isValidMac,
  mac,
  parseInlinePassword,
  parseUsername,
  username,
} from "../../src/credential/index.ts";
import { spyOnBuiltin } from "../support/builtin.ts";
import { everyBitFlipped } from "../support/data/bit-flips.ts";
import { vectors } from "../support/data/vectors.ts";

const north = createSecretKey(Buffer.from("north"));
const [first] = vectors as [(typeof vectors)[number]];

describe("the MAC", () => {
  test.each(vectors)("of $username with $hash is what others compute", (vector) => {
    const secret = createSecretKey(Buffer.from(vector.secret));
    expect(mac(secret, vector.hash, vector.username)).toBe(vector.mac);
    expect(isValidMac(vector.mac, secret, vector.hash, vector.username)).toBe(true);
  });

  test("is refused with any bit of it changed", () => {
    const accepted = everyBitFlipped(first.mac).filter((changed) =>
      isValidMac(changed, north, "sha1", first.username),
    );
    expect(accepted).toEqual([]);
  });

  test.each([
    ["without its padding", first.mac.replace("=", "")],
    ["in base64url", first.mac.replaceAll("/", "_").replaceAll("+", "-")],
    ["in hex", Buffer.from(first.mac, "base64").toString("hex")],
    ["with other bits under its padding", first.mac.replace("k=", "l=")],
    ["with a newline", `${first.mac}\n`],
    ["that is empty", ""],
    ["with another character of as many bytes", `é${first.mac.slice(2)}`],
    ["with another character of its length", `é${first.mac.slice(1)}`],
  ])("is refused when spelled %s", (_, given) => {
    expect(isValidMac(given, north, "sha1", first.username)).toBe(false);
  });

  test("is compared in constant time", () => {
    const timingSafeEqual = spyOnBuiltin(crypto, "timingSafeEqual");
    isValidMac(`A${first.mac.slice(1)}`, north, "sha1", first.username);
    expect(timingSafeEqual).toHaveBeenCalledOnce();
  });
});

describe("the username", () => {
  test.each([
    ["1893456000:alice@example.test", { expires: 1893456000, id: "alice@example.test" }],
    ["1893456000:alice:bob", { expires: 1893456000, id: "alice:bob" }],
    ["1893456000", { expires: 1893456000 }],
    ["1413151933064:foobar", { expires: 1413151933064, id: "foobar" }],
  ])("%s is taken apart and spelled again", (text, parts) => {
    expect(parseUsername(text)).toEqual(parts);
    expect(username(parts)).toBe(text);
  });

  test("with an empty id has none", () => {
    expect(parseUsername("1893456000:")).toEqual({ expires: 1893456000 });
  });

  test.each(["", "alice", ":alice", "-5:alice", "+5:a", "1.5:a", "01:a", "1e9:a", " 1:a", "1x:a"])(
    "%j is none",
    (text) => {
      expect(parseUsername(text)).toBeUndefined();
    },
  );
});

describe("the inline password", () => {
  test("is taken apart as it was spelled", () => {
    const text = inlinePassword(1893456000, first.mac);
    expect(text).toBe(`1893456000:${first.mac}`);
    expect(parseInlinePassword(text)).toEqual({ expires: 1893456000, mac: first.mac });
  });

  test.each(["", "1893456000", "1893456000:", ":AAAA", "x:AAAA", "1:AA AA", "1:AAAA\n", "1:a:b"])(
    "%j is none",
    (text) => {
      expect(parseInlinePassword(text)).toBeUndefined();
    },
  );
});

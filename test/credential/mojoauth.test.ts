import crypto, { createSecretKey } from "node:crypto";
import fc from "fast-check";
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
const inline = { format: "mojoauth", presentation: "inline" };
const [first] = vectors as [(typeof vectors)[number]];

describe("the MAC", () => {
  test.each(vectors)("of $username with $hash is what others compute", (vector) => {
    const secret = createSecretKey(Buffer.from(vector.secret));
    expect(mac(secret, vector.hash, vector.username)).toBe(vector.mac);
    expect(isValidMac(vector.mac, secret, vector.hash, vector.username)).toBe(true);
  });

  test.each(vectors)("of $username with $hash is the same in pieces", (vector) => {
    const secret = createSecretKey(Buffer.from(vector.secret));
    const isValid = (pieces: string[]) => isValidMac(vector.mac, secret, vector.hash, pieces);
    expect(isValid([...vector.username])).toBe(true);
    expect(isValid([vector.username, ""])).toBe(true);
    expect(isValid([vector.username, "x"])).toBe(false);
    expect(isValid([])).toBe(false);
  });

  test.each(["sha1", "sha256"] as const)("with %s is the same in long pieces", (hash) => {
    const pieces = ["1893456000:", "é".repeat(300), "x".repeat(250)];
    const given = mac(north, hash, pieces.join(""));
    expect(isValidMac(given, north, hash, pieces)).toBe(true);
    expect(isValidMac(given, north, hash, [...pieces, "x"])).toBe(false);
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
    expect(parseInlinePassword(text)).toEqual({ ...inline, expires: 1893456000, mac: first.mac });
  });

  test.each(["", "1893456000", "1893456000:", ":AAAA", "x:AAAA", "1:AA AA", "1:AAAA\n", "1:a:b"])(
    "%j is none",
    (text) => {
      expect(parseInlinePassword(text)).toBeUndefined();
    },
  );

  test("is taken for one where an expression says so", () => {
    const digest = "([A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{86}==)";
    const shape = new RegExp(`^(0|[1-9][0-9]{0,14}):${digest}$`);
    const expiry = fc.constantFrom(
      "",
      "0",
      "01",
      "7",
      "1893456000",
      "9".repeat(15),
      "9".repeat(16),
    );
    const length = fc.constantFrom(0, 26, 27, 28, 43, 44, 63, 64, 65, 86, 87, 88);
    const padding = fc.constantFrom("", "=", "==");
    const odd = fc.constantFrom(...'/09:@AZ[`az{+,*.-_=\n ä\u0130\u017f\u2028"');
    const texts = fc
      .tuple(expiry, length, padding, odd, fc.nat())
      .map(([text, size, end, unit, at]) => {
        const digits = `${text}:${"Ab9+".repeat(22).slice(0, size)}${end}`;
        const cut = at % (4 * digits.length); // in a quarter of the texts one character is another
        return cut < digits.length ? digits.slice(0, cut) + unit + digits.slice(cut + 1) : digits;
      });
    let accepted = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const [, expires] = shape.exec(text) ?? [];
        const mac = text.slice(text.indexOf(":") + 1);
        const expected =
          expires === undefined ? undefined : { ...inline, expires: Number(expires), mac };
        expect(parseInlinePassword(text)).toEqual(expected);
        if (expected) accepted++;
      }),
      { numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseBareJid, unescapeLocalpart } from "../../../src/credential/index.ts";
import { MayflyError } from "../../../src/error.ts";

describe("a bare JID", () => {
  test.each([
    ["alice@example.com", { localpart: "alice", host: "example.com" }],
    ["jürgen@bücher.example", { localpart: "jürgen", host: "bücher.example" }],
    ["jürgen@xn--bcher-kva.example", { localpart: "jürgen", host: "xn--bcher-kva.example" }],
    ["a.b-c_d+e=f@localhost", { localpart: "a.b-c_d+e=f", host: "localhost" }],
    ["alice@192.0.2.1", { localpart: "alice", host: "192.0.2.1" }],
    ["alice@chat_server", { localpart: "alice", host: "chat_server" }],
    ["alice\\40corp.com@example.com", { localpart: "alice\\40corp.com", host: "example.com" }],
  ])("%s is taken apart", (text, parts) => {
    expect(parseBareJid(text)).toEqual(parts);
  });

  test.each([
    ["Alice@example.com", "alice@example.com"],
    ["alice@Example.COM", "alice@example.com"],
    ["alice@example.com.", "alice@example.com"],
    ["alice@XN--BCHER-KVA.example", "alice@xn--bcher-kva.example"],
    ["alice@bu\u0308cher.example", "alice@bücher.example"],
    ["ａlice@example.com", "alice@example.com"],
    ["ju\u0308rgen@example.com", "jürgen@example.com"],
    ["Straße@faß.example", "strasse@fass.example"],
  ])("%s is refused with the form that is accepted", (text, accepted) => {
    expect(() => parseBareJid(text)).toThrow(`write "${accepted}"`);
    expect(parseBareJid(accepted)).toBeDefined();
  });

  test.each([
    ...["", "@", "alice", "@example.com", "alice@", "a@b@c", "1790000000:alice@example.com"],
    ...["a b@example.com", "a/b@example.com", 'a"b@example.com', "a\0b@example.com"],
    ...["alice@example.com/phone", "alice@example.com:5222", "alice@[2001:db8::1]"],
    ...["alice@-example.com", "alice@example-.com", "alice@example..com", "alice@.", "alice@a b"],
    ...["alice@exämple.cöm\u200e", "alice@i♥u.example", "alice@אליס.example"],
    ...[`${"a".repeat(1024)}@example.com`, `alice@${"a".repeat(64)}.com`],
    `alice@${"a.".repeat(512)}com`,
  ])("%j is refused", (text) => {
    expect(() => parseBareJid(text)).toThrow(MayflyError);
  });

  test("is refused with what is wrong, seen or unseen", () => {
    expect(() => parseBareJid("a\u202eb@example.com")).toThrow(
      'the localpart "a<U+202E>b" must not contain U+202E',
    );
    expect(() => parseBareJid("alice@corp.com@example.com")).toThrow(
      'must not contain "@": escaped by XEP-0106 it is "alice\\40corp.com"',
    );
  });

  test("throws MayflyError or gives what it was made of", () => {
    const part = fc.string({ unit: fc.constantFrom(..."aZ0.@-_äß\u0308א\u200b😀 \\4") });
    fc.assert(
      fc.property(part, part, (before, behind) => {
        const text = `${before}@${behind}`;
        try {
          const { localpart, host } = parseBareJid(text);
          expect(`${localpart}@${host}`).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(MayflyError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a bare JID with a localpart to escape", () => {
  test.each([
    ["alice@corp.com@example.com", "alice\\40corp.com"],
    ["o'hara@example.com", "o\\27hara"],
    ["alice@example.com", "alice"],
    ["alice\\40corp.com@example.com", "alice\\5c40corp.com"],
  ])("%s is %s", (text, localpart) => {
    expect(parseBareJid(text, { escape: true })).toEqual({ localpart, host: "example.com" });
    expect(`${unescapeLocalpart(localpart)}@example.com`).toBe(text);
  });

  test("is refused with the form that is accepted, not yet escaped", () => {
    const accepted = "alice@corp.com@example.com";
    expect(() => parseBareJid("Alice@corp.com@Example.com", { escape: true })).toThrow(
      `write "${accepted}"`,
    );
  });

  test.each([" alice@example.com", "alice @example.com", "a😀@b@example.com"])(
    "%j is refused",
    (text) => {
      expect(() => parseBareJid(text, { escape: true })).toThrow(MayflyError);
    },
  );
});

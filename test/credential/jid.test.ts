import { describe, expect, test } from "vitest";
import { IdError, parseBareJid } from "../../src/credential/index.ts";

describe("a bare JID", () => {
  test.each([
    ["alice@example.com", { localpart: "alice", host: "example.com" }],
    ["jürgen@bücher.example", { localpart: "jürgen", host: "bücher.example" }],
    ["a.b-c_d+e=f@localhost", { localpart: "a.b-c_d+e=f", host: "localhost" }],
  ])("%s is taken apart", (text, parts) => {
    expect(parseBareJid(text)).toEqual(parts);
  });

  test.each([
    ["Alice@example.com", "alice@example.com"],
    ["alice@Example.COM", "alice@example.com"],
    ["ａlice@example.com", "alice@example.com"],
    ["ju\u0308rgen@example.com", "jürgen@example.com"],
  ])("%s is refused with the form that is accepted", (text, accepted) => {
    expect(() => parseBareJid(text)).toThrow(`write "${accepted}"`);
    expect(parseBareJid(accepted)).toBeDefined();
  });

  test.each([
    ...["alice", "@example.com", "alice@", "a@b@c", "1790000000:alice@example.com"],
    ...["a b@example.com", "a/b@example.com", 'a"b@example.com', "a\0b@example.com"],
    ...["alice@example.com/phone", "alice@example.com:5222", "a\u200bb@example.com"],
    `${"a".repeat(1024)}@example.com`,
  ])("%j is refused", (text) => {
    expect(() => parseBareJid(text)).toThrow(IdError);
  });
});

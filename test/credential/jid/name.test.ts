import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  jidOfName,
  localpart,
  parseBareJid,
  prepareLocalpart,
  unescapeLocalpart,
} from "../../../src/credential/index.ts";
import { MayflyError } from "../../../src/error.ts";
import { accepted, mapped, mixed, refusedByUs } from "../../support/data/localparts.ts";

const refused = (message: string) =>
  expect.objectContaining({ code: "ERR_ID", message: expect.stringContaining(message) });

describe("the localpart for a name", () => {
  test.each([
    ["Alice", "alice"],
    ["Alice Smith", "alice\\20smith"],
    ["José", "josé"],
    ["alice@corp.com", "alice\\40corp.com"],
    ["O'Hara", "o\\27hara"],
    ["CORP\\alice", "corp\\alice"],
    ["a\\20b", "a\\5c20b"], // no space, and so not the localpart of "a b"
    ["a\\2Fb", "a\\5c2fb"], // nor that of "a/b" once its case is folded
    ["alice＠corp.com", "alice\\40corp.com"], // full width
    ["Alice\u00a0Smith", "alice\\20smith"], // a space that does not break
    ["田中", "田中"],
    ["3F2504E0-4F89-41D3-9A0C-0305E82C3301", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"],
  ])("of %j is %s", (name, expected) => {
    expect(localpart(name)).toBe(expected);
    expect(parseBareJid(jidOfName({ name, host: "example.com" })).localpart).toBe(expected);
  });

  test.each(mapped)("is in the form that servers know: %s", (name, form) => {
    expect(localpart(name)).toBe(form);
  });

  test.each([
    ["", "must not be empty"],
    ["\u200b", "must not be empty"],
    [" alice", "must not begin or end with a space"],
    ["alice😀", "newer than Unicode 3.2"],
    ["STRAẞE", "newer than Unicode 3.2"],
    ["a\tb", "must not contain U+0009"],
    ["a\ud800", "must not contain"],
    ["a".repeat(1024), "longer than 1023 bytes"],
    [" ".repeat(400).replace(/^ | $/g, "a"), "longer than 1023 bytes"],
    ["3>\u0301", "has a mark that would join"], // e with an acute, of the escape \3e
    ["אליס@corp.com", "right-to-left"],
    ...[...refusedByUs.map(([, text]) => text), ...mixed.slice(1)].map((text) => [text, ""]),
  ])("is none for %j: %s", (name, message = "") => {
    expect(() => localpart(name)).toThrow(refused(message));
  });

  test("that is to be exact is none for a name that would be changed, and says to what", () => {
    for (const name of [...accepted, "alice smith", "alice@corp.com"]) {
      expect(unescapeLocalpart(localpart(name, { exact: true }))).toBe(
        unescapeLocalpart(localpart(name)),
      );
    }
    expect(() => localpart("Alice Smith", { exact: true })).toThrow(refused('write "alice smith"'));
    for (const [name] of mapped)
      expect(() => localpart(name, { exact: true })).toThrow(MayflyError);
  });

  test("that is not to be escaped is none for a name that needs it", () => {
    expect(localpart("Alice", { escape: false })).toBe("alice");
    expect(() => localpart("Alice Smith", { escape: false })).toThrow(refused('"alice\\20smith"'));
  });

  test("is one that servers leave as it is, and reads as the name; or there is none", () => {
    const characters = [...accepted, ...mapped.flat(), " \"&'/:<>@\\235cef\u0301\u030a"].join("");
    const unit = fc.oneof(
      fc.constantFrom(...characters),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    );
    let found = 0;
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), (name) => {
        let made: string;
        try {
          made = localpart(name);
        } catch (error) {
          expect(error).toMatchObject({ name: "MayflyError", code: "ERR_ID" });
          return;
        }
        found++;
        expect(prepareLocalpart(made)).toBe(made);
        const read = unescapeLocalpart(made);
        expect(localpart(read)).toBe(made);
        if (localpart(read, { exact: true }) === made && read === name) return;
        expect(() => localpart(name, { exact: true })).toThrow(refused("prepared form"));
      }),
      { numRuns: 3000 },
    );
    expect(found).toBeGreaterThan(300);
  });
});

test.each(["Example.com", "a@b", "", "-a.com"])("a name on no host has no JID: %j", (host) => {
  expect(() => jidOfName({ name: "alice", host })).toThrow(refused(""));
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeLocalpart, unescapeLocalpart } from "../../../src/credential/index.ts";
import { MayflyError } from "../../../src/error.ts";

/** A text that may be escaped, rich in what is escaped. */
const text = fc
  .string({ unit: fc.oneof(fc.constantFrom(..." \"&'/:<>@\\0234567acef"), fc.string()) })
  .filter((it) => !/^ | $/.test(it));

describe("JID escaping", () => {
  test.each([
    // XEP-0106 section 5.1
    ["space cadet", "space\\20cadet"],
    ['call me "ishmael"', "call\\20me\\20\\22ishmael\\22"],
    ["at&t guy", "at\\26t\\20guy"],
    ["d'artagnan", "d\\27artagnan"],
    ["/.fanboy", "\\2f.fanboy"],
    ["::foo::", "\\3a\\3afoo\\3a\\3a"],
    ["<foo>", "\\3cfoo\\3e"],
    ["user@host", "user\\40host"],
    ["c:\\net", "c\\3a\\net"],
    ["c:\\\\net", "c\\3a\\\\net"],
    ["c:\\cool stuff", "c\\3a\\cool\\20stuff"],
    ["c:\\5commas", "c\\3a\\5c5commas"],
    // section 5.2 and 5.5
    ["here's_a_wild_&_/cr%zy/_address", "here\\27s_a_wild_\\26_\\2fcr%zy\\2f_address"],
    [
      'here\'s_a_wild_&_/cr%zy/_address_for:<wv>("IMPS")',
      "here\\27s_a_wild_\\26_\\2fcr%zy\\2f_address_for\\3a\\3cwv\\3e(\\22IMPS\\22)",
    ],
    ["\\3and\\2is\\5cool", "\\5c3and\\2is\\5c5cool"],
    // section 3.3
    ["tréville@musketeers.lit", "tréville\\40musketeers.lit"],
    // sections 4.1 and 4.3: escapes are in lower case, others are none
    ["\\5c\\27", "\\5c5c\\5c27"],
    ["\\2plus\\2is\\4", "\\2plus\\2is\\4"],
    ["foo\\bar", "foo\\bar"],
    ["foob\\41r", "foob\\41r"],
    ["\\3A\\5C", "\\3A\\5C"],
    ["", ""],
  ])("of %j gives %j, and back", (text, localpart) => {
    expect(escapeLocalpart(text)).toBe(localpart);
    expect(unescapeLocalpart(localpart)).toBe(text);
  });

  test.each([" alice", "alice ", " "])("refuses %j", (text) => {
    expect(() => escapeLocalpart(text)).toThrow(MayflyError);
  });

  test.each(["\\20alice", "alice\\20"])("refuses to undo %j", (localpart) => {
    expect(() => unescapeLocalpart(localpart)).toThrow(MayflyError);
  });

  test("leaves nothing that a localpart must not contain, and can be undone", () => {
    fc.assert(
      fc.property(text, (text) => {
        const localpart = escapeLocalpart(text);
        expect(localpart).not.toMatch(/[ "&'/:<>@]/);
        expect(unescapeLocalpart(localpart)).toBe(text);
      }),
    );
  });

  test("gives different texts different localparts", () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        fc.pre(one !== other);
        expect(escapeLocalpart(one)).not.toBe(escapeLocalpart(other));
      }),
    );
  });
});

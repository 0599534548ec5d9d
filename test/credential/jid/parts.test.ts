import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prepareLocalpart } from "../../../src/credential/index.ts";
import { MayflyError } from "../../../src/error.ts";
import { accepted, mapped, mixed, refused, refusedByUs } from "../../support/data/localparts.ts";

const characters = [...accepted, ...mapped.flat(), ...mixed, ...refused.flat()].join("");

/** Any text, but rich in characters that have once made trouble. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...characters),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    fc.integer({ min: 0xd800, max: 0xdfff }).map((half) => String.fromCharCode(half)),
  ),
  maxLength: 8,
});

function preparedOrRefused(text: string): string | undefined {
  try {
    return prepareLocalpart(text);
  } catch (error) {
    expect(error).toBeInstanceOf(MayflyError);
    expect(error).toHaveProperty("code", "ERR_ID");
    return undefined;
  }
}

describe("a localpart", () => {
  test.each(accepted)("%s is its own prepared form", (localpart) => {
    expect(prepareLocalpart(localpart)).toBe(localpart);
  });

  test.each(mapped)("%s is prepared as %s", (written, form) => {
    expect(prepareLocalpart(written)).toBe(form);
    expect(prepareLocalpart(form)).toBe(form);
  });

  test.each([...refused, ...refusedByUs])("is refused for %s", (character, text) => {
    const named = character.startsWith("U+") ? character : `"${character}"`;
    expect(() => prepareLocalpart(text)).toThrow(`must not contain ${named}`);
    expect(() => prepareLocalpart(text)).toThrow(MayflyError);
  });

  test.each([...mixed, "٣", "آ١2ب"])("is refused for its directions: %s", (text) => {
    expect(() => prepareLocalpart(text)).toThrow("right-to-left");
  });

  test.each(["", "\u200b"])("is refused when nothing is left of %j", (text) => {
    expect(() => prepareLocalpart(text)).toThrow("must not be empty");
  });

  test.each(["\ud800", "a\udfffb", "a٣۳b", "\u0375a"])(
    "is refused when it is not even text: %j",
    (text) => {
      expect(() => prepareLocalpart(text)).toThrow(MayflyError);
    },
  );

  test.each([
    ["alice@corp.com", "alice\\40corp.com"],
    ["O'Hara", "o\\27hara"],
    ["a b", "a\\20b"],
    ["1790000000:alice", "1790000000\\3aalice"],
  ])("%s is refused with its escaped form", (text, escaped) => {
    expect(() => prepareLocalpart(text)).toThrow(`escaped by XEP-0106 it is "${escaped}"`);
    expect(prepareLocalpart(escaped)).toBe(escaped);
  });

  test("is at most 1023 bytes long, written and prepared", () => {
    expect(prepareLocalpart("a".repeat(1023))).toHaveLength(1023);
    for (const text of ["a".repeat(1024), "ä".repeat(512), "ﷺ".repeat(40)]) {
      expect(() => prepareLocalpart(text)).toThrow("must not be longer than 1023 bytes");
    }
  });

  test("that is accepted equals its prepared form, and nothing but MayflyError is thrown", () => {
    fc.assert(
      fc.property(text, (text) => {
        const form = preparedOrRefused(text);
        if (form !== undefined) expect(prepareLocalpart(form)).toBe(form);
      }),
      { numRuns: 2000 },
    );
  });

  test("that is accepted is one under PRECIS and RFC 7622", () => {
    fc.assert(
      fc.property(text, (text) => {
        const form = preparedOrRefused(text);
        if (form === undefined) return;
        expect(form.normalize("NFKC").toLowerCase()).toBe(form);
        expect(form).toMatch(/^(?:[!-~]|[\p{Ll}\p{Lo}\p{Lm}\p{M}\p{Nd}〇]|[·・͵׳״۽۾་])+$/u);
        expect(form).not.toMatch(/["&'/:<>@]|\p{Default_Ignorable_Code_Point}/u);
      }),
      { numRuns: 2000 },
    );
  });
});

import { MayflyError } from "../../error.ts";
import { lazy } from "./lazy.ts";
import {
  findMisplaced,
  identifier,
  isOneDirection,
  mapCharacters,
  notIdentifier,
} from "./precis.ts";
import { describeCharacter, quote } from "./quote.ts";
import { unassigned } from "./unicode-3-2.ts";

/** The rules of one part of a JID. */
export interface Part {
  name: string;
  /** Matches a character that the prepared form must not contain. */
  forbidden: () => RegExp;
  /** Matches text that is its own prepared form at sight: ASCII of the allowed characters. */
  plain: RegExp;
}

const maxBytes = 1023;
// Unicode's Corrigendum 4 has changed the mapping of five ideographs since.
const unassignedIn32 = lazy(
  () => new RegExp(`[${unassigned()}\\u{2f868}\\u{2f874}\\u{2f91f}\\u{2f95f}\\u{2f9bf}]`, "u"),
);

/** A part that may contain identifiers, and of ASCII the characters of this character class. */
export function definePart(name: string, ascii: string): Part {
  const plain = new RegExp(`^[${ascii}]{1,${maxBytes}}$`);
  const forbidden = lazy(
    () => new RegExp(`[${notIdentifier}${unassigned()}]|[^${ascii}${identifier}]`, "u"),
  );
  return { name, forbidden, plain };
}

/**
 * The prepared form of a part of a JID, in which every server compares it and passes it on. Both
 * stringprep, which ends at Unicode 3.2, and PRECIS leave this form unchanged.
 *
 * @throws {@link MayflyError} `ERR_ID` for text without a prepared form; the message names the character.
 * @see {@link https://www.rfc-editor.org/rfc/rfc3920#appendix-A}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8265#section-3.3}
 */
export function prepare(text: string, part: Part): string {
  if (part.plain.test(text)) return text;
  assertLength(text);
  assertAssigned(text, part.name);
  const prepared = mapCharacters(text);
  assertLength(prepared);
  const forbidden = part.forbidden().exec(prepared)?.[0];
  if (forbidden) {
    const written = Array.from(text).find((character) =>
      mapCharacters(character).includes(forbidden),
    );
    throw refusal(`must not contain ${describeCharacter(written ?? forbidden)}`);
  }
  const misplaced = findMisplaced(prepared);
  if (misplaced)
    throw refusal(`must not contain ${describeCharacter(misplaced)} in that place (RFC 5892)`);
  if (!isOneDirection(prepared)) {
    throw refusal(
      "has right-to-left characters: it must begin and end with such letters and have no others",
    );
  }
  return prepared;

  function assertLength(value: string): void {
    if (value === "") throw new MayflyError("ERR_ID", `the ${part.name} must not be empty`);
    if (Buffer.byteLength(value) > maxBytes) {
      throw new MayflyError("ERR_ID", `the ${part.name} must not be longer than ${maxBytes} bytes`);
    }
  }

  function refusal(why: string): MayflyError {
    return new MayflyError("ERR_ID", `the ${part.name} ${quote(text)} ${why}`);
  }
}

/**
 * Refuses characters that stringprep does not know, and those whose mapping has changed since.
 *
 * @throws {@link MayflyError} `ERR_ID`
 */
export function assertAssigned(text: string, part: string): void {
  const unknown = unassignedIn32().exec(text)?.[0];
  if (!unknown) return;
  const why = `must not contain ${describeCharacter(unknown)}: it is newer than Unicode 3.2`;
  throw new MayflyError("ERR_ID", `the ${part} ${quote(text)} ${why}`);
}

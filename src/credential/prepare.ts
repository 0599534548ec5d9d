import { MayflyError } from "../error.ts";
import { isOneDirection } from "./bidi.ts";
import { findMisplaced, identifier, notIdentifier } from "./identifier.ts";
import { map } from "./mapping.ts";
import { name, quote } from "./spell.ts";
import { unassigned } from "./unicode32.ts";

/** A part of a JID. */
export interface Part {
  name: string;
  /** Matches the first character that it must not hold when it is prepared. */
  forbidden: RegExp;
}

const longest = 1023;
// Five ideographs have got another mapping since (Unicode's Corrigendum 4).
const tooNew = new RegExp(`[${unassigned}\\u{2f868}\\u{2f874}\\u{2f91f}\\u{2f95f}\\u{2f9bf}]`, "u");

/** A part that may hold this ASCII, a regular expression's character class, and identifiers. */
export function part(name: string, ascii: string): Part {
  const forbidden = `[${notIdentifier}${unassigned}]|[^${ascii}${identifier}]`;
  return { name, forbidden: new RegExp(forbidden, "u") };
}

/**
 * Brings text into the form in which every server compares it and passes it on: what both
 * stringprep, which ends at Unicode 3.2, and PRECIS leave as it is.
 *
 * @throws {@link MayflyError} `ERR_ID` when there is none, with the character that is in the way.
 * @see {@link https://www.rfc-editor.org/rfc/rfc3920#appendix-A}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8265#section-3.3}
 */
export function prepare(text: string, part: Part): string {
  insistOnLength(text);
  const unknown = tooNew.exec(text)?.[0];
  if (unknown) throw refusal(`must not contain ${name(unknown)}: it is newer than Unicode 3.2`);

  const prepared = map(text);
  insistOnLength(prepared);
  const forbidden = part.forbidden.exec(prepared)?.[0];
  if (forbidden) {
    const written = Array.from(text).find((character) => map(character).includes(forbidden));
    throw refusal(`must not contain ${name(written ?? forbidden)}`);
  }
  const misplaced = findMisplaced(prepared);
  if (misplaced) throw refusal(`must not contain ${name(misplaced)} in that place (RFC 5892)`);
  if (!isOneDirection(prepared)) {
    throw refusal(
      "has right-to-left characters: it must begin and end with such letters and have no others",
    );
  }
  return prepared;

  function insistOnLength(text: string): void {
    if (text === "") throw new MayflyError("ERR_ID", `the ${part.name} must not be empty`);
    if (Buffer.byteLength(text) > longest) {
      throw new MayflyError("ERR_ID", `the ${part.name} must not be longer than ${longest} bytes`);
    }
  }

  function refusal(why: string): MayflyError {
    return new MayflyError("ERR_ID", `the ${part.name} ${quote(text)} ${why}`);
  }
}

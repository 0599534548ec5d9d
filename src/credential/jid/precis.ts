import { lazy } from "./lazy.ts";

// Table B.1: characters that are mapped to nothing.
const ignored = lazy(
  () => /[\u00ad\u1806\u200b\u2060\ufeff\p{Join_Control}\p{Variation_Selector}]|\u034f/gu,
);

/**
 * Text mapped as nodeprep and nameprep map it: tables B.1 (characters removed) and B.2 (case folding),
 * then NFKC. This includes the mappings of PRECIS: width, lower case, NFC.
 *
 * The libraries on npm are unmaintained, native, or for SASLprep, which folds no case.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3454#section-3}
 */
export function mapCharacters(text: string): string {
  const mapped = Array.from(text.replace(ignored(), ""), fold).join("").normalize("NFKC");
  // NFKC can produce upper case, for example from squared units, so map until nothing changes.
  return mapped === text ? text : mapCharacters(mapped);
}

/** Unicode's full case folding: ß becomes ss, ς becomes σ. JavaScript needs two steps for it. */
function fold(character: string): string {
  // The dotless i folds to itself, and its upper case is that of the letter i.
  return character === "ı" ? character : character.toUpperCase().toLowerCase();
}

// The right-to-left letters of table D.1 of RFC 3454 that PRECIS and NFKC leave.
const letter =
  "\\u05d0-\\u05ea\\u05f0-\\u05f4\\u0621-\\u064a\\u066e\\u066f\\u0671-\\u06d3\\u06d5\\u06e5\\u06e6" +
  "\\u06fa-\\u06fe\\u0710\\u0712-\\u072c\\u0780-\\u07a5\\u07b1\\ufe73";
// Marks of these scripts, digits and punctuation. Unicode 3.2 gave marks of other scripts a direction.
const neutral =
  "\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Inherited}" +
  "\\u0660-\\u0669!-@[-`{-~";
const hasRightToLeft = lazy(() => new RegExp(`[${letter}\\u0660-\\u0669]`, "u"));
const rightToLeft = lazy(() => new RegExp(`^[${letter}](?:[${neutral}]*[${letter}])?$`, "u"));

/**
 * Whether text is written in one direction. Text with a right-to-left letter must begin and end with
 * right-to-left letters and contain no left-to-right letter, nor both Arabic and European digits.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3454#section-6} nodeprep's rule
 * @see {@link https://www.rfc-editor.org/rfc/rfc5893#section-2} PRECIS' rule, which allows more at the end
 */
export function isOneDirection(text: string): boolean {
  if (!hasRightToLeft().test(text)) return true;
  return rightToLeft().test(text) && !(/\d/.test(text) && /[\u0660-\u0669]/.test(text));
}

/**
 * The IdentifierClass of PRECIS beyond ASCII, for a character class of a regular expression:
 * lower-case letters, marks, digits, and a few exceptions.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8264#section-4.2}
 */
export const identifier: string =
  "\\p{Ll}\\p{Lo}\\p{Lm}\\p{Mn}\\p{Mc}\\p{Nd}\\u00b7\\u0375\\u05f3\\u05f4\\u06fd\\u06fe\\u0f0b\\u3007\\u30fb";

/** The exceptions from {@link identifier}: fillers, the tatweel, conjoining jamo, marks of symbols. */
export const notIdentifier: string =
  "\\p{Default_Ignorable_Code_Point}\\u0640\\u1100-\\u11ff\\u20d0-\\u20ff\\u302e\\u302f\\u3031-\\u3035\\u303b" +
  "\\u{1d100}-\\u{1d1ff}";

const eastAsian = "\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Han}";
const misplaced = lazy(() => [
  /(?<!l)·|·(?!l)/u,
  /\u0375(?!\p{Script=Greek})/u,
  /(?<!\p{Script=Hebrew})[\u05f3\u05f4]/u,
  new RegExp(`(?<![${eastAsian}].*)\u30fb(?!.*[${eastAsian}])`, "su"),
  /[\u0660-\u0669](?=.*[\u06f0-\u06f9])|[\u06f0-\u06f9](?=.*[\u0660-\u0669])/su,
]);

/**
 * The first character that stands where it is not allowed: for example a middle dot that is not
 * between two l, or Arabic-Indic digits beside extended ones.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5892#appendix-A}
 */
export function findMisplaced(text: string): string | undefined {
  for (const rule of misplaced()) {
    const found = rule.exec(text);
    if (found) return found[0];
  }
  return undefined;
}

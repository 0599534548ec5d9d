/**
 * PRECIS' IdentifierClass beyond ASCII, for a regular expression's character class: lower-case
 * letters, marks, digits, and a few exceptions.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8264#section-4.2}
 */
export const identifier: string =
  "\\p{Ll}\\p{Lo}\\p{Lm}\\p{Mn}\\p{Mc}\\p{Nd}\\u00b7\\u0375\\u05f3\\u05f4\\u06fd\\u06fe\\u0f0b\\u3007\\u30fb";

/** What is taken out of these again: fillers, the tatweel, conjoining jamo, marks of symbols. */
export const notIdentifier: string =
  "\\p{Default_Ignorable_Code_Point}\\u0640\\u1100-\\u11ff\\u20d0-\\u20ff\\u302e\\u302f\\u3031-\\u3035\\u303b" +
  "\\u{1d100}-\\u{1d1ff}";

const eastAsian = "\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Han}";
const misplaced = [
  /(?<!l)·|·(?!l)/u,
  /\u0375(?!\p{Script=Greek})/u,
  /(?<!\p{Script=Hebrew})[\u05f3\u05f4]/u,
  new RegExp(`(?<![${eastAsian}].*)\u30fb(?!.*[${eastAsian}])`, "su"),
  /[\u0660-\u0669](?=.*[\u06f0-\u06f9])|[\u06f0-\u06f9](?=.*[\u0660-\u0669])/su,
];

/**
 * Finds a character that is allowed in some places only, in another: a middle dot that is not
 * between two l, Arabic digits of both kinds.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5892#appendix-A}
 */
export function findMisplaced(text: string): string | undefined {
  for (const rule of misplaced) {
    const found = rule.exec(text);
    if (found) return found[0];
  }
  return undefined;
}

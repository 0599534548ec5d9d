// Table D.1 of RFC 3454, as far as PRECIS and NFKC leave it.
const letter =
  "\\u05d0-\\u05ea\\u05f0-\\u05f4\\u0621-\\u064a\\u066e\\u066f\\u0671-\\u06d3\\u06d5\\u06e5\\u06e6" +
  "\\u06fa-\\u06fe\\u0710\\u0712-\\u072c\\u0780-\\u07a5\\u07b1\\ufe73";
// Their marks, and digits and punctuation. Other scripts' marks had a direction of their own once.
const neutral =
  "\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Inherited}" +
  "\\u0660-\\u0669!-@[-`{-~";
const hasRightToLeft = new RegExp(`[${letter}\\u0660-\\u0669]`, "u");
const rightToLeft = new RegExp(`^[${letter}](?:[${neutral}]*[${letter}])?$`, "u");

/**
 * Whether text is written in one direction: one that has a right-to-left letter begins and ends
 * with such letters and has no left-to-right one. Digits of Arabic and of Europe do not mix.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3454#section-6} nodeprep's rule
 * @see {@link https://www.rfc-editor.org/rfc/rfc5893#section-2} PRECIS' rule, laxer at the end
 */
export function isOneDirection(text: string): boolean {
  if (!hasRightToLeft.test(text)) return true;
  return rightToLeft.test(text) && !(/\d/.test(text) && /[\u0660-\u0669]/.test(text));
}

// Table B.1: characters that are mapped to nothing.
const ignored = /[\u00ad\u1806\u200b\u2060\ufeff\p{Join_Control}\p{Variation_Selector}]|\u034f/gu;

/**
 * Maps text as nodeprep and nameprep both do: tables B.1 and B.2 (case folding), then NFKC.
 * Of PRECIS' mappings (width, lower case, NFC) none is left to do then.
 *
 * No library: those on npm are unmaintained, native, or SASLprep, which folds no case.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3454#section-3}
 */
export function map(text: string): string {
  const mapped = Array.from(text.replace(ignored, ""), fold).join("").normalize("NFKC");
  // NFKC may bring up upper case again: the letterlike Kelvin sign, squared units.
  return mapped === text ? text : map(mapped);
}

/** Unicode's full case folding, which JavaScript only has in two steps; ß becomes ss, ς σ. */
function fold(character: string): string {
  // The dotless i has no lower case to fold to, and its upper case is that of another letter.
  return character === "ı" ? character : character.toUpperCase().toLowerCase();
}

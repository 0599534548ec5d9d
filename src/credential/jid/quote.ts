import { lazy } from "./lazy.ts";

const visible = lazy(() => /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}\p{P}\p{S}]/u);
const invisible = lazy(
  () => /(?! )(?:\p{Default_Ignorable_Code_Point}|[^\p{L}\p{M}\p{N}\p{P}\p{S}])/gu,
);

/** Text in quotation marks for an error message, its invisible characters as `<U+200B>`. */
export function quote(text: string): string {
  return `"${text.replace(invisible(), (character) => `<${codePoint(character)}>`)}"`;
}

/** One character for an error message: in quotation marks, or its code point if it is invisible. */
export function describeCharacter(character: string): string {
  return visible().test(character) || character === " " ? `"${character}"` : codePoint(character);
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`;
}

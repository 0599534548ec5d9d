const visible = /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}\p{P}\p{S}]/u;
const invisible = /(?! )(?:\p{Default_Ignorable_Code_Point}|[^\p{L}\p{M}\p{N}\p{P}\p{S}])/gu;

/** Spells a text for a person who has to find the mistake in it. */
export function quote(text: string): string {
  return `"${text.replace(invisible, (character) => `<${codePoint(character)}>`)}"`;
}

/** Names one character, by its code point where it would not be seen. */
export function name(character: string): string {
  return visible.test(character) || character === " " ? `"${character}"` : codePoint(character);
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`;
}

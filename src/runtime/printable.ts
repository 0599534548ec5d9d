/** Control characters, bidirectional overrides, and other invisible characters (Unicode Cc, Cf, Zl, Zp). */
const plain = /^[ -~]*$/;
const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Escapes control and invisible characters in a line, because text from tokens and servers must not
 * control the terminal. Escapes are those of JSON, such as `\u001b`, so that JSON keeps its meaning.
 */
export function printable(line: string): string {
  if (plain.test(line)) return line;
  return line.replace(controls, (character) => character.split("").map(escapeUnit).join(""));
}

/** Escapes one UTF-16 code unit; a character may have two. */
function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

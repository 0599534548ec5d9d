import { MayflyError } from "../error.ts";
import { quote } from "./spell.ts";

const sequence = "20|22|26|27|2f|3a|3c|3e|40|5c";
const toEscape = new RegExp(`[ "&'/:<>@]|\\\\(?=${sequence})`, "g");
const escaped = new RegExp(`\\\\(${sequence})`, "g");

/**
 * Escapes what a localpart must not contain: `alice@corp.com` becomes `alice\40corp.com`. A
 * backslash is escaped only where it would be read as an escape.
 *
 * @throws {@link MayflyError} `ERR_ID` for a space at the beginning or end.
 * @see {@link https://xmpp.org/extensions/xep-0106.html#escaping}
 */
export function escapeLocalpart(text: string): string {
  if (/^ | $/.test(text)) throw spaceAtTheEdge(text);
  return text.replace(toEscape, (character) => `\\${character.charCodeAt(0).toString(16)}`);
}

/**
 * The inverse of {@link escapeLocalpart}, for display and for other systems. Never compare what it
 * gives: different localparts may look the same when unescaped.
 *
 * @throws {@link MayflyError} `ERR_ID` for an escaped space at the beginning or end.
 * @see {@link https://xmpp.org/extensions/xep-0106.html#unescaping}
 */
export function unescapeLocalpart(localpart: string): string {
  if (/^\\20|\\20$/.test(localpart)) throw spaceAtTheEdge(localpart);
  return localpart.replace(escaped, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function spaceAtTheEdge(text: string): MayflyError {
  return new MayflyError(
    "ERR_ID",
    `${quote(text)} must not begin or end with a space, not even escaped (XEP-0106)`,
  );
}

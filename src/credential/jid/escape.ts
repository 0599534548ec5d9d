import { MayflyError } from "../../error.ts";
import { quote } from "./quote.ts";

const sequence = "20|22|26|27|2f|3a|3c|3e|40|5c";
const toEscape = new RegExp(`[ "&'/:<>@]|\\\\(?=${sequence})`, "g");
const escaped = new RegExp(`\\\\(${sequence})`, "g");

/**
 * The escaped form (XEP-0106) of text that holds characters which a localpart must not contain:
 * `alice@corp.com` becomes `alice\40corp.com`. A backslash is escaped only in front of two digits
 * that would make it an escape sequence.
 *
 * @throws {@link MayflyError} `ERR_ID` for a space at the beginning or end.
 * @see {@link https://xmpp.org/extensions/xep-0106.html#escaping}
 */
export function escapeLocalpart(text: string): string {
  if (/^ | $/.test(text)) throw spaceAtTheEdge(text);
  return text.replace(toEscape, (character) => `\\${character.charCodeAt(0).toString(16)}`);
}

/**
 * The text that an escaped localpart stands for: the inverse of {@link escapeLocalpart}, for display
 * and for other systems. Never compare unescaped localparts: two that differ may look the same.
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

/**
 * The id of a bare JID for SIP and TURN: each backslash of an escaped localpart becomes a slash,
 * because neither coturn nor a SIP URI accepts a backslash. No localpart contains a slash, so two JIDs
 * never become the same id, and a credential for one id logs in no other JID.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3261#section-25.1} `user-unreserved`
 */
export function toSipId(jid: string): string {
  return jid.replaceAll("\\", "/");
}

/** The inverse of {@link toSipId}. */
export function fromSipId(id: string): string {
  return id.replaceAll("/", "\\");
}

function spaceAtTheEdge(text: string): MayflyError {
  return new MayflyError(
    "ERR_ID",
    `${quote(text)} must not begin or end with a space, not even escaped (XEP-0106)`,
  );
}

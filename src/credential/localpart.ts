import { MayflyError } from "../error.ts";
import { escapeLocalpart } from "./escape.ts";
import { part, prepare } from "./prepare.ts";
import { name, quote } from "./spell.ts";

// What RFC 7622 section 3.3.1 forbids is left out here, and escaped by XEP-0106.
const localpart = part("localpart", "!#-%(-.0-9;=?\\[-~");
const escapable = /[ "&'/:<>@]/;

/**
 * The form in which a server passes a localpart on to its external-auth program. Only a localpart
 * equal to it can be signed.
 *
 * @throws {@link MayflyError} `ERR_ID` when there is none.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7622#section-3.3}
 */
export function prepareLocalpart(text: string): string {
  const found = escapable.exec(text);
  if (!found) return prepare(text, localpart);
  const escaped = quote(prepareLocalpart(escapeLocalpart(text)));
  const why = `must not contain ${name(found[0])}: escaped by XEP-0106 it is ${escaped}`;
  throw new MayflyError("ERR_ID", `the localpart ${quote(text)} ${why}`);
}

import { MayflyError } from "../../error.ts";
import { escapeLocalpart } from "./escape.ts";
import { definePart, prepare } from "./prepare.ts";
import { describeCharacter, quote } from "./quote.ts";

// What RFC 7622 section 3.3.1 forbids is left out here, and escaped by XEP-0106.
const localpart = definePart("localpart", "!#-%(-.0-9;=?\\[-~");
const escapable = /[ "&'/:<>@]/;

/**
 * The prepared form of a localpart: the form in which a server passes it to its external-auth program.
 * Only a localpart in this form is signed.
 *
 * @throws {@link MayflyError} `ERR_ID` for text that is no localpart.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7622#section-3.3}
 */
export function prepareLocalpart(text: string): string {
  const found = escapable.exec(text);
  if (!found) return prepare(text, localpart);
  const escaped = quote(prepareLocalpart(escapeLocalpart(text)));
  const why = `must not contain ${describeCharacter(found[0])}: escaped by XEP-0106 it is ${escaped}`;
  throw new MayflyError("ERR_ID", `the localpart ${quote(text)} ${why}`);
}

// No IPv6 literal: the colon separates the fields of a request to the external-auth program. The
// underscore is allowed because names of containers have it.
const host = definePart("host", "a-z0-9._\\-");
const label = /^(?!-).{1,63}(?<!-)$/u;

/**
 * The prepared form of a host: labels in lower case, no dot at the end. Internationalized labels
 * stay as they are written, in Unicode or in their `xn--` form.
 *
 * @throws {@link MayflyError} `ERR_ID` for text that is no host.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7622#section-3.2}
 */
export function prepareHost(text: string): string {
  const prepared = prepare(text.replace(/\.$/, ""), host);
  if (prepared.split(".").every((it) => label.test(it))) return prepared;
  throw new MayflyError("ERR_ID", `the host ${quote(text)} has a label that no domain can have`);
}

/**
 * The prepared form of a host that is not written in it. No login can name such a host.
 *
 * @returns `undefined` for a host that is in its prepared form, and for text that is no host
 */
export function hostToWrite(text: string): string | undefined {
  try {
    const prepared = prepareHost(text);
    return prepared === text ? undefined : prepared;
  } catch {
    return undefined;
  }
}

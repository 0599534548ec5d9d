import { MayflyError } from "../error.ts";
import { part, prepare } from "./prepare.ts";
import { quote } from "./spell.ts";

// No IPv6 literal: the colon divides the requests to the external-auth program. The underscore is
// for the names of containers.
const host = part("host", "a-z0-9._\\-");
const label = /^(?!-).{1,63}(?<!-)$/u;

/**
 * The form in which a server knows a host by: its labels in lower case, internationalized or in
 * their `xn--` form as written, no dot at the end.
 *
 * @throws {@link MayflyError} `ERR_ID` when there is none.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7622#section-3.2}
 */
export function prepareHost(text: string): string {
  const prepared = prepare(text.replace(/\.$/, ""), host);
  if (prepared.split(".").every((it) => label.test(it))) return prepared;
  throw new MayflyError("ERR_ID", `the host ${quote(text)} has a label that no domain can have`);
}

import { MayflyError } from "../error.ts";
import { escapeLocalpart, unescapeLocalpart } from "./escape.ts";
import { prepareHost } from "./host.ts";
import { prepareLocalpart } from "./localpart.ts";
import { quote } from "./spell.ts";

/** A bare JID taken apart. */
export interface BareJid {
  localpart: string;
  host: string;
}

/** How a bare JID is written. */
export interface BareJidOptions {
  /** Its localpart still has to be escaped (XEP-0106), as in `alice@corp.com@example.com`. */
  escape?: boolean;
}

/**
 * Takes a bare JID apart at its last `@` and insists that it is written in its prepared form,
 * because servers compare and pass on prepared forms only, and the JID stands under the MAC.
 *
 * @throws {@link MayflyError} `ERR_ID` with the form that would be accepted, or what is forbidden.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7622#section-3}
 */
export function parseBareJid(text: string, options: BareJidOptions = {}): BareJid {
  const at = text.lastIndexOf("@");
  if (at < 1 || at === text.length - 1) {
    throw new MayflyError("ERR_ID", `${quote(text)} is not a bare JID: write localpart@host`);
  }
  const written = { localpart: text.slice(0, at), host: text.slice(at + 1) };
  const signed = options.escape ? escapeLocalpart(written.localpart) : written.localpart;
  const localpart = prepareLocalpart(signed);
  const host = prepareHost(written.host);
  if (localpart !== signed || host !== written.host) {
    const accepted = `${options.escape ? unescapeLocalpart(localpart) : localpart}@${host}`;
    throw new MayflyError(
      "ERR_ID",
      `${quote(text)} is not in its prepared form: write ${quote(accepted)}`,
    );
  }
  return { localpart, host };
}

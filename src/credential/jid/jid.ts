import { MayflyError } from "../../error.ts";
import { escapeLocalpart, unescapeLocalpart } from "./escape.ts";
import { prepareHost, prepareLocalpart } from "./parts.ts";
import { quote } from "./quote.ts";

/** A bare JID as its localpart and its host. */
export interface BareJid {
  localpart: string;
  host: string;
}

/** The form in which {@link parseBareJid} expects a bare JID. */
export interface BareJidOptions {
  /** The localpart is not escaped yet (XEP-0106), as in `alice@corp.com@example.com`. @defaultValue false */
  escape?: boolean;
}

/**
 * Parses a bare JID, `localpart@host`, at its last `@`. The JID must be in its prepared form: servers
 * compare and pass on prepared forms only, and the MAC covers the JID as it is written.
 *
 * @throws {@link MayflyError} `ERR_ID`; the message gives the prepared form, or the forbidden
 * character.
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

/** A bare JID taken apart. */
export interface BareJid {
  localpart: string;
  host: string;
}

/** An identity that no credential is minted for. */
export class IdError extends Error {
  override name = "IdError";
  readonly code = "ERR_ID";
}

// RFC 7622 section 3.3.1 forbids these in a localpart; a credential also has no use for controls.
const forbiddenInLocalpart = /["&'/:<>@\s\p{Cc}\p{Cf}\p{Cn}\p{Cs}]/u;
const forbiddenInHost = /["&'/:<>@\s\p{Cc}\p{Cf}\p{Cn}\p{Cs}]/u;
const longestPart = 1023;

/**
 * Takes a bare JID apart and insists that it is written in its prepared form, because servers
 * compare and pass on prepared forms only, and the JID stands under the MAC.
 *
 * @throws {@link IdError} with the form that would be accepted.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7622#section-3}
 */
export function parseBareJid(text: string): BareJid {
  const at = text.indexOf("@");
  if (at < 1 || at === text.length - 1) {
    throw new IdError(`${quote(text)} is not a bare JID: write localpart@host`);
  }
  const prepared = prepare(text);
  const localpart = prepared.slice(0, prepared.indexOf("@"));
  const host = prepared.slice(prepared.indexOf("@") + 1);
  check("localpart", localpart, forbiddenInLocalpart);
  check("host", host, forbiddenInHost);
  if (prepared !== text) {
    throw new IdError(`${quote(text)} is not in its prepared form: write ${quote(prepared)}`);
  }
  return { localpart, host };
}

function check(part: string, text: string, forbidden: RegExp): void {
  const found = forbidden.exec(text);
  if (found) throw new IdError(`the ${part} ${quote(text)} must not contain ${quote(found[0])}`);
  if (Buffer.byteLength(text) > longestPart) {
    throw new IdError(`the ${part} is longer than ${longestPart} bytes`);
  }
}

function prepare(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

function quote(text: string): string {
  return JSON.stringify(text);
}

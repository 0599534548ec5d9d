import { type BareJidOptions, parseBareJid, type Service } from "../credential/index.ts";
import { MayflyError } from "../error.ts";

/** Whom a credential is for. */
export interface Identity {
  /** What stands under the signature; absent for nobody. */
  id?: string;
  /** Both are empty where the id is not a bare JID. */
  localpart: string;
  host: string;
}

// coturn refuses these before it looks at the MAC.
const forbidden = /[\s"'\\\p{Cc}\p{Cf}\p{Cs}]/u;

/**
 * Reads whom a credential is for: a bare JID for XMPP; for SIP and TURN it may be any id in its
 * prepared form, such as Matrix's `@alice:example.com`, or nobody.
 *
 * @throws {@link MayflyError} `ERR_ID`
 */
export function parseIdentity(
  id: string | undefined,
  service: Service,
  options: BareJidOptions,
): Identity {
  if (service === "xmpp") {
    if (id === undefined) throw problem("name the bare JID that may log in");
    return bareJid(id, options);
  }
  if (id === undefined) return { localpart: "", host: "" };
  const isJid = options.escape || /^[^@:]+@[^@:]+$/.test(id);
  const identity = isJid ? bareJid(id, options) : anyId(id);
  if (identity.id === "" || forbidden.test(identity.id)) {
    throw problem(`the id ${JSON.stringify(id)} is empty, or has spaces, quotes or a backslash`);
  }
  return identity;
}

function bareJid(text: string, options: BareJidOptions): Identity & { id: string } {
  const { localpart, host } = parseBareJid(text, options);
  return { id: `${localpart}@${host}`, localpart, host };
}

function anyId(id: string): Identity & { id: string } {
  const prepared = id.normalize("NFKC").toLowerCase();
  if (prepared === id) return { id, localpart: "", host: "" };
  const form = JSON.stringify(prepared);
  throw problem(`${JSON.stringify(id)} is not in its prepared form: write ${form}`);
}

function problem(message: string): MayflyError {
  return new MayflyError("ERR_ID", message);
}

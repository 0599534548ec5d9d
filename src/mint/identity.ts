import { type BareJidOptions, parseBareJid, type Service, toSipId } from "../credential/index.ts";
import { MayflyError } from "../error.ts";

/** The identity that a credential is minted for. */
export interface Identity {
  /** The id under the signature; absent where the credential names no user. */
  id?: string;
  /** Both are empty where the id is not a bare JID. */
  localpart: string;
  host: string;
}

// coturn refuses these before it looks at the MAC; the backslashes of escaped localparts are slashes by then.
const forbidden = /[\s"'\\\p{Cc}\p{Cf}\p{Cs}]/u;

/**
 * Parses the id that a credential is minted for: for XMPP a bare JID; for SIP and TURN any id in its
 * prepared form, such as Matrix's `@alice:example.com`, or none. There an escaped localpart
 * (XEP-0106) has slashes: `alice\20smith@example.com` is `alice/20smith@example.com`.
 *
 * @param options - `optional`: for XMPP, too, the id may be absent
 * @throws {@link MayflyError} `ERR_ID`
 */
export function parseIdentity(
  id: string | undefined,
  service: Service,
  { optional = false, ...options }: BareJidOptions & { optional?: boolean },
): Identity {
  if (service === "xmpp" && !(optional && id === undefined)) {
    if (id === undefined) throw problem("name the bare JID that may log in");
    return bareJid(id, options);
  }
  if (id === undefined) return { localpart: "", host: "" };
  const isJid = options.escape || /^[^@:]+@[^@:]+$/.test(id);
  const identity = isJid ? slashed(bareJid(id, options)) : parseOpaqueId(id);
  if (identity.id === "" || forbidden.test(identity.id)) {
    throw problem(`the id ${JSON.stringify(id)} is empty, or has spaces, quotes or a backslash`);
  }
  return identity;
}

function bareJid(text: string, options: BareJidOptions): Identity & { id: string } {
  const { localpart, host } = parseBareJid(text, options);
  return { id: `${localpart}@${host}`, localpart, host };
}

function slashed({ id, ...jid }: Identity & { id: string }): Identity & { id: string } {
  return { ...jid, id: toSipId(id) };
}

function parseOpaqueId(id: string): Identity & { id: string } {
  const prepared = id.normalize("NFKC").toLowerCase();
  if (prepared === id) return { id, localpart: "", host: "" };
  const form = JSON.stringify(prepared);
  throw problem(`${JSON.stringify(id)} is not in its prepared form: write ${form}`);
}

function problem(message: string): MayflyError {
  return new MayflyError("ERR_ID", message);
}

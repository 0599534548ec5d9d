import { MayflyError } from "../../error.ts";
import { escapeLocalpart } from "./escape.ts";
import { parseBareJid } from "./jid.ts";
import { prepareLocalpart } from "./parts.ts";
import { mapCharacters } from "./precis.ts";
import { assertAssigned } from "./prepare.ts";
import { quote } from "./quote.ts";

/** Options of {@link localpart}. */
export interface LocalpartOptions {
  /** Escape what a localpart must not contain (XEP-0106), such as spaces and `@`. @defaultValue true */
  escape?: boolean;
  /** Refuse a name that preparing changes, such as `Alice`, which becomes `alice`. @defaultValue false */
  exact?: boolean;
}

/** A user by the name that an app has for them. */
export interface NamedUser extends LocalpartOptions {
  /** Any name, such as `Alice Smith` or `alice@corp.com`. */
  name: string;
  /** The XMPP host, in its prepared form. */
  host: string;
}

/**
 * The localpart for a name: prepared as servers prepare it (case folded, NFKC), and escaped by
 * XEP-0106. `Alice Smith` becomes `alice\20smith`, `José` becomes `josé`, `alice@corp.com` becomes
 * `alice\40corp.com`.
 *
 * Two names can become one localpart, for example `Alice` and `alice`: a credential for one of them
 * logs in as the other. If your app has both, keep them apart in the app, or use `exact`.
 *
 * @example
 * ```ts
 * import { localpart } from "mayfly";
 *
 * const jid = `${localpart("Alice Smith")}@example.com`;
 * ```
 * @throws {@link MayflyError} `ERR_ID` for a name that no localpart can hold, and with `exact` for a
 * name that is not in its prepared form.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7622#section-3.3}
 * @see {@link https://xmpp.org/extensions/xep-0106.html}
 */
export function localpart(
  name: string,
  { exact = false, ...options }: LocalpartOptions = {},
): string {
  assertAssigned(name, "localpart");
  // Escaping comes second: case folding would turn a "\2F" of the name into an escaped slash.
  const mapped = mapCharacters(name);
  const written = (options.escape ?? true) ? escapeLocalpart(mapped) : mapped;
  const prepared = prepareLocalpart(written);
  if (prepared !== written) {
    const why = "has a mark that would join an escaped character (XEP-0106)";
    throw new MayflyError("ERR_ID", `the name ${quote(name)} ${why}`);
  }
  if (exact && mapped !== name) {
    const fix = `write ${quote(mapped)}`;
    throw new MayflyError("ERR_ID", `the name ${quote(name)} is not in its prepared form: ${fix}`);
  }
  return prepared;
}

/**
 * The bare JID of a user by name.
 *
 * @throws {@link MayflyError} `ERR_ID` for a name that no localpart can hold, or an invalid host.
 */
export function jidOfName({ name, host, ...options }: NamedUser): string {
  const jid = `${localpart(name, options)}@${host}`;
  parseBareJid(jid); // refuses an invalid host
  return jid;
}

import { createCredentialCache, type LoginEvents } from "../client/credential-cache.ts";
import {
  type CredentialSource,
  fetchCredential,
  type MintedCredential,
} from "../client/credential-source.ts";
import { warn } from "../client/warn.ts";
import { MayflyError } from "../error.ts";

export type { CredentialSource, LoginEvents };

/** A credential as SIP takes it: `username` is `<expiry>:<id>`, `password` the MAC. */
export interface SipCredential extends MintedCredential {
  /** The address of record that it is for, such as `sip:alice@example.com`. */
  uri: string;
  /** When to present the next one: milliseconds of `performance.now()`. */
  renewAt: number;
}

/** A source of credentials for a telephone, with a cache. */
export interface SipLogin {
  /**
   * Gets a credential: the cached one until shortly before it expires, and then a new one. While the source
   * is down it is asked again, less and less often.
   *
   * @throws {@link MayflyError} `ERR_MINT`, `ERR_CREDENTIAL`
   */
  getCredential(): Promise<SipCredential>;
  /**
   * Discards a credential that a server has refused, so that the next one is new. Without an argument,
   * discards everything about a user who signs out.
   */
  forget(credential?: SipCredential): void;
}

/**
 * Creates a source of SIP credentials from a URL or a function.
 *
 * @example
 * ```ts
 * const login = sipLogin({ url: "/credentials?service=sip" });
 * const { uri, username, password } = await login.getCredential();
 * ```
 */
export function sipLogin(options: CredentialSource & LoginEvents): SipLogin {
  const mint = async () => toSip(await fetchCredential(options));
  const { onMint, onRetry = warn } = options;
  const events = { onRetry, ...(onMint && { onMint }) };
  const cache = createCredentialCache({ mint }, events);
  return {
    getCredential: () => cache.credential() as Promise<SipCredential>,
    forget: (credential) => cache.forget(credential),
  };
}

/** @throws {@link MayflyError} `ERR_CREDENTIAL` for a credential of XMPP's form */
function toSip(minted: MintedCredential): SipCredential {
  const [, expires, id] = /^(\d+):(.+@.+)$/.exec(minted.username) ?? [];
  if (!id) {
    const message =
      "no credential for SIP: its username is not <expiry>:<id>; ask with service=sip";
    throw new MayflyError("ERR_CREDENTIAL", message);
  }
  // Sooner than the cache's own tenth, or ten seconds, would have the same one presented again.
  const lifeMs = 1000 * minted.ttl;
  const wait = Math.max(lifeMs - Math.max(lifeMs / 10, 10_000), lifeMs / 2) + 100;
  const renewAt = performance.now() + wait;
  return { ...minted, expires: Number(expires), uri: `sip:${encodeURI(id)}`, renewAt };
}

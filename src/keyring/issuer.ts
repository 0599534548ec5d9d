import type { KeyObject } from "node:crypto";
import type { CryptoKey } from "jose";
import type { Json, JwsHeader, PublicAlgorithm } from "../credential/index.ts";

/** How a claim becomes a localpart: see {@link Issuer.name}. */
export const claimForms = ["exact", "prepared", "before-at", "escaped"] as const;

/** An issuer whose JWTs log in here, such as an identity provider. */
export interface Issuer {
  /** The `iss` of the tokens, compared exactly. */
  issuer: string;
  keys: KeySet;
  /** The accepted signature algorithms. */
  algorithms: readonly PublicAlgorithm[];
  /**
   * The `aud` that the tokens must contain.
   * @defaultValue the host to log in on; anything where `require` names the client, by `azp` or `client_id`
   */
  audience?: string;
  /**
   * The claim that names the user; `email` counts only with `email_verified: true`.
   * @defaultValue `sub`
   */
  user?: string;
  /**
   * How that claim becomes a localpart:
   *
   * | `name` | the claim | localpart |
   * |---|---|---|
   * | `exact` | a localpart or bare JID, as it is | `alice` is `alice`, `Alice` is refused |
   * | `prepared` | the same, prepared as servers do (RFC 7622) | `Alice` is `alice` |
   * | `before-at` | an address in one of the `domains` | `Alice@corp.com` is `alice` |
   * | `escaped` | any text, prepared and escaped (XEP-0106) | `Alice@corp.com` is `alice\40corp.com` |
   *
   * @defaultValue `prepared`
   */
  name?: (typeof claimForms)[number];
  /** The domains of the addresses that `before-at` takes, in their prepared form. */
  domains?: readonly string[];
  /**
   * The hosts that the tokens open.
   * @defaultValue the audience alone; without an audience, the host that the `aud` of a token names
   */
  hosts?: readonly string[];
  /**
   * Claims that the tokens must have, by name. A list in the token must contain the value, and so must a
   * `scope` (or `scp`) of several words; of a list here one is enough. A name with dots leads into objects:
   * `realm_access.roles`.
   */
  require?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>;
  /**
   * The `aud` of its logout tokens, which is the client id that is registered there; without it they are
   * refused (OpenID Connect Back-Channel Logout 1.0).
   */
  logoutAudience?: string;
  /** Asks the issuer about tokens that are no JWTs; without it they are refused. */
  lookup?: TokenLookup;
  /** Whether `lookup` tells for whom a token was issued, as introspection does and userinfo does not. */
  isAudienceKnown?: boolean;
}

/** A value that a claim must have. */
export type ClaimValue = string | number | boolean;

/**
 * Asks an issuer about an opaque token.
 *
 * @returns its claims (RFC 7662 section 2.2); `undefined` where it is not active
 * @throws an error when the issuer cannot be asked.
 */
export type TokenLookup = (token: string) => Promise<Json | undefined>;

/** The public keys of an issuer. */
export interface KeySet {
  /**
   * The keys that may have signed a token with this header: the key with its `kid`, or every key of the
   * algorithm where the header has no `kid`.
   *
   * @throws an error when the keys cannot be fetched.
   */
  getKeys(header: JwsHeader): Promise<readonly (CryptoKey | KeyObject)[]>;
}

import type { Format, ProfileName, Reason, Service } from "../credential/index.ts";
import type { Keyring } from "../keyring/index.ts";
import type { Policies } from "../policy.ts";
import type { Store } from "../store/index.ts";

/** The decision on a credential that is accepted. */
export interface Accepted {
  ok: true;
  /** The localpart that it is good for. */
  user: string;
  /** The XMPP host that it is good on. */
  host: string;
  /** When it expires, in Unix seconds; a minted credential has the same time as `expires`. */
  expiresAt: number;
  /** The id of the key that signed it; of an issuer's key its `kid`, or else the issuer. */
  key: string;
  format: Format;
}

/** The decision on a credential that is refused. */
export interface Refused {
  ok: false;
  reason: Reason;
}

/** The outcome of a verification: `ok` tells the two apart. */
export type Decision = Accepted | Refused;

/** A credential whose signature, times and claims are good; a store may still know it as revoked. */
export interface VerifiedCredential {
  decision: Accepted;
  /** When it was minted, in Unix seconds, where it says so. */
  issuedAt?: number;
  /** Names under which the login is kept, for a logout token of its issuer. */
  links?: readonly string[];
}

/** Makes a refusal. */
export function refused(reason: Reason): Refused {
  return { ok: false, reason };
}

/** A login to verify. */
export interface VerifyRequest {
  /**
   * The localpart that wants to log in, prepared as the server prepares it (RFC 7622 section 3.3).
   * When absent, the one that the credential names.
   */
  user?: string;
  /** The XMPP host to log in on. */
  host: string;
  /** The password or token presented; with a `username` the MAC alone. */
  password: string;
  /** The `<expiry>:<id>` that was presented beside the password, where one was. */
  username?: string;
  /** @defaultValue `xmpp` */
  service?: Service;
  /** The profile that a JWT's claims must fit. @defaultValue `xmpp` */
  profile?: ProfileName;
  /** The `aud` that a `jitsi` token must have. @defaultValue `jitsi` */
  audience?: string;
}

/** Keys, policies of the hosts, and an optional store to verify against. */
export interface Trust {
  keyring: Keyring;
  /** @defaultValue every host is served with the defaults */
  policies?: Policies;
  /**
   * Where revoked and used credentials are kept. Without one nothing is revoked, and a host with
   * `singleUse` refuses every login.
   */
  store?: Store;
}

/** How to verify. */
export interface VerifyOptions extends Trust {
  /** The time to verify at, in Unix seconds. @defaultValue the clock */
  now?: number;
}

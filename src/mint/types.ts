import type { Format, JitsiContext, ProfileName, Service } from "../credential/index.ts";
import type { Keyring } from "../keyring/index.ts";
import type { Policies } from "../policy.ts";

/**
 * The presentations of a mojoauth credential, which say what goes into its username and password:
 * `inline` for any XMPP server and client, `authzid` for Prosody with our module, `token` for
 * X-OAUTH2, OAUTHBEARER and MQTT 5, `username` for SIP and TURN.
 */
export const presentations = ["inline", "authzid", "token", "username"] as const;

/** One of {@link presentations}. */
export type Presentation = (typeof presentations)[number];

/** A credential to mint. */
export interface MintRequest {
  /**
   * The bare JID that the credential is for, in its prepared form; for SIP and TURN any id, or none. The
   * id there of a JID that is escaped has slashes: `alice\20smith@example.com` is
   * `alice/20smith@example.com`, in the username and as a SIP address. An `opentok` token names no user
   * and needs no JID: with one, the policy of the JID's host holds.
   */
  jid?: string;
  /**
   * Instead of a JID, the name that your app has for the user, such as `Alice Smith`; needs `host`.
   * It becomes a localpart as {@link localpart} makes it. Two names can become the same
   * one, `Alice` and `alice` for example, and then share an account: tell them apart in your app, or
   * use `exact`.
   */
  name?: string;
  /** The XMPP host of `name`. */
  host?: string;
  /** Refuse a `name` that is not in its prepared form, such as `Alice`. @defaultValue false */
  exact?: boolean;
  /**
   * Escape the localpart (XEP-0106), as in `alice@corp.com@example.com`.
   * @defaultValue false for a `jid`, true for a `name`
   */
  escape?: boolean;
  /** The lifetime, in seconds. @defaultValue the host's `ttl` */
  ttl?: number;
  /** @defaultValue `xmpp` */
  service?: Service;
  /** @defaultValue that of the first key that fits */
  format?: Format;
  /** The id of the key to mint with. @defaultValue the first key in state `mint` that fits */
  key?: string;
  /** The presentation of a mojoauth credential. @defaultValue `inline` for XMPP, `username` for SIP and TURN */
  present?: Presentation;
  /** The profile of a JWT, which says what claims it has. @defaultValue `xmpp` */
  profile?: ProfileName;
  /** The `iss` of a JWT. @defaultValue the key's */
  issuer?: string | number;
  /** The `aud` of a `jitsi` token. @defaultValue `jitsi` */
  audience?: string;
  /** The `sub` of a `jitsi` token: the server's domain, or a tenant. @defaultValue the host */
  subject?: string;
  /** The room of a `jitsi` token. @defaultValue `*`, every room */
  room?: string;
  /**
   * What a `jitsi` token says of its user, and what they may do: a name to show, a picture, whether they
   * moderate, which features they have. @defaultValue the localpart as the name
   */
  context?: JitsiContext;
  /**
   * The claim `moderator` of a `jitsi` token, which the older plugin `token_moderation` reads. JaaS and
   * `token_affiliation` read `context.user.moderator`.
   */
  moderator?: boolean;
}

/** How to mint: with which keys, by which policies, at what time. */
export interface MintOptions {
  keyring: Keyring;
  /** @defaultValue every host is served with the defaults */
  policies?: Policies;
  /** The time to mint at, in Unix seconds. @defaultValue the clock */
  now?: number;
}

/** The lifetime of a credential. */
export interface Lifetime {
  /** From minting until it expires, in seconds. */
  ttl: number;
  /** When it expires, in Unix seconds. */
  expires: number;
}

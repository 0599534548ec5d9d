/** The services that a credential can be for. */
export const services = ["xmpp", "sip", "turn"] as const;

/** One of {@link services}. */
export type Service = (typeof services)[number];

/** A minted credential, as an app server hands it to its client. */
export interface MintedCredential {
  /**
   * The user that it is for: a bare JID, for SIP and TURN any id (an escaped one has slashes there);
   * absent when it names no user.
   */
  jid?: string;
  /** The username to present: for XMPP the authcid (RFC 4616 section 2). */
  username: string;
  /** The password to present. */
  password: string;
  /** The only SASL mechanism to present it by; when absent, the client chooses. */
  mechanism?: string;
  /** The authorization identity to send; none is sent when absent. */
  authzid?: string;
  /** The lifetime, in seconds from minting; right even where the client's clock is wrong. */
  ttl: number;
  /** When it expires, in Unix seconds; a {@link Decision} has the same time as `expiresAt`. */
  expires: number;
}

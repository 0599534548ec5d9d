/** What a credential is for. */
export const services = ["xmpp", "sip", "turn"] as const;

/** One of {@link services}. */
export type Service = (typeof services)[number];

/** A minted credential, as an app server hands it to its client. */
export interface MintedCredential {
  /** Whom it is for: a bare JID, for SIP and TURN any id; absent when it names nobody. */
  jid?: string;
  /** What to present as username: for XMPP the authcid (RFC 4616 section 2). */
  username: string;
  /** What to present as password. */
  password: string;
  /** The SASL mechanism it is meant for, and no other; the client chooses when absent. */
  mechanism?: string;
  /** The authorization identity to send; none is sent when absent. */
  authzid?: string;
  /** Seconds from minting until it expires; right even where the client's clock is wrong. */
  ttl: number;
  /** When it expires, in Unix seconds. */
  expires: number;
}

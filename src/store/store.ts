import type { Feed, Notice } from "./feed.ts";

/** The revocation of a user's credentials. Times are in Unix seconds. */
export interface UserRevocation {
  /** Of the credentials that say when they were issued, the JWTs: those issued by this time are revoked. */
  issuedBy: number;
  /** Of those that do not say it, the MACs: those that expire by this time are revoked. */
  expiresBy: number;
}

/** Whether a credential is revoked, and which of its user's are. */
export interface RevocationStatus {
  /** Whether this very credential is revoked. */
  revoked: boolean;
  /** The revocation of its user's credentials, where there is one. */
  user?: UserRevocation;
}

/**
 * A store of revoked credentials, used credentials and users seen, for `verify` and the revoke
 * functions. {@link openStore} opens one; to write another, implement this interface. A `credential` is
 * an opaque name of one, a `jid` a bare JID.
 *
 * Times are in Unix seconds; an entry counts through the whole second that it ends with, as a
 * credential does. Every method rejects with a `MayflyError` of code `ERR_STORE` where the store does
 * not answer.
 */
export interface Store {
  /** Reads whether a credential or its user is revoked, in one round trip. */
  getStatus(credential: string, jid: string): Promise<RevocationStatus>;
  /** Revokes one credential; the entry may be dropped after `until`. */
  revoke(credential: string, until: number, notice?: Notice): Promise<void>;
  /**
   * Revokes credentials of a user; the entry may be dropped after `until`. Of two revocations the later
   * of each time counts.
   */
  revokeUser(
    jid: string,
    revocation: UserRevocation,
    until: number,
    notice?: Notice,
  ): Promise<void>;
  /**
   * Claims a credential for its one use: true for the first caller alone, over all processes and
   * machines; the entry may be dropped after `until`.
   */
  claim(credential: string, until: number): Promise<boolean>;
  /** Remembers that a user has logged in. */
  markSeen(jid: string): Promise<void>;
  /** Whether a user has logged in before. */
  hasSeen(jid: string): Promise<boolean>;
  /**
   * The feed of what was revoked, for servers that end sessions. With a store that has none, what is
   * revoked cannot log in, and open sessions stay.
   */
  readonly feed?: Feed;
  /** Closes the connection; calls after it reject. */
  close(): Promise<void>;
}

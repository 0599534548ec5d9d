/** What is known against a credential. */
export interface Known {
  /** Whether the credential itself is revoked. */
  revoked: boolean;
  /** Up to when what its user was given is revoked, in Unix seconds. */
  userRevokedAt?: number;
}

/**
 * What outlives a request. Every time is in Unix seconds; an entry counts through the whole second
 * that it goes at, as a credential does.
 *
 * Every method rejects with a `MayflyError` of code `ERR_STORE` where the answer cannot be had.
 */
export interface Store {
  /** Everything known against a credential, in one round trip. */
  look(credential: string, jid: string): Promise<Known>;
  /** Revokes one credential; the entry goes when the credential would have expired. */
  revoke(credential: string, until: number): Promise<void>;
  /**
   * Revokes what a user was given up to `at`; the entry goes at `until`. A later `at` wins over an
   * earlier one, never the other way round.
   */
  revokeUser(jid: string, at: number, until: number): Promise<void>;
  /**
   * Claims a credential for its one use: true for the first caller alone, over all processes and
   * machines, through `until` at least.
   */
  claim(credential: string, until: number): Promise<boolean>;
  /** Remembers that a user has logged in. */
  see(jid: string): Promise<void>;
  hasSeen(jid: string): Promise<boolean>;
  close(): Promise<void>;
}

/** What is kept under a key. Times are in Unix seconds. */
export interface Entry {
  /** The moment that a user's revocation is of; 0 in any other entry. */
  at: number;
  /** The last second that the entry counts. */
  until: number;
}

/**
 * A way to where entries are kept. It may be unusable from the start, and is given up once
 * something goes wrong on it. It does not keep a program running that waits for no answer.
 */
export interface Session {
  /** False once no answer can come any more. */
  readonly alive: boolean;
  /** The entries under these keys, in one round trip; some may have expired. */
  read(keys: readonly string[]): Promise<(Entry | undefined)[]>;
  /** Puts the later of what is there and this, part by part; durable once it resolves. */
  keep(key: string, entry: Entry): Promise<void>;
  /** Puts an entry where there is none, and tells whether it did; atomic over all sessions. */
  claim(key: string, entry: Entry): Promise<boolean>;
  /** Rejects what still waits. */
  end(): Promise<void>;
}

/** Two entries in one, which revokes whatever either of them does. */
export function merge(one: Entry, other: Entry): Entry {
  return { at: Math.max(one.at, other.at), until: Math.max(one.until, other.until) };
}

/** The clock, in whole Unix seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

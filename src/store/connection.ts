/** The value under a key of a store. Times are in Unix seconds. */
export interface Entry {
  /** `issuedBy` of a user's revocation; 0 in any other entry. */
  at: number;
  /** `expiresBy` of a user's revocation; 0 in any other entry. */
  expiresBy: number;
  /** The last second in which the entry counts. */
  until: number;
}

/** An entry as it is written in a file or a server. */
export type WrittenEntry = Omit<Entry, "expiresBy"> & Partial<Pick<Entry, "expiresBy">>;

/**
 * Completes an entry without `expiresBy`, which an earlier version wrote: it counted for at least as
 * long as a credential that it revokes.
 */
export function complete({ at, until, expiresBy = until }: WrittenEntry): Entry {
  return { at, expiresBy, until };
}

/** A record that is appended to the log of a store. */
export interface LogRecord {
  text: string;
  /** The last second in which it counts. */
  until: number;
}

/** A place in the log of a store: behind the record at `position`, which is opaque. */
export interface LogPlace {
  /** The name of the log, a random one. An emptied store has another; a store without a log has none. */
  log: string;
  position: string;
}

/** Records of the log that follow one another, and the place where they begin. */
export interface LogPage extends LogPlace {
  records: { position: string; text: string }[];
}

/** A text under two names. */
export interface Member {
  group: string;
  member: string;
  text: string;
  /** The last second in which it counts. */
  until: number;
  /** Whether a text that is there stays. */
  isFirstKept: boolean;
}

/**
 * A connection to the entries of a store. It may be unusable from the start, and is replaced by a new
 * one after any failure. It keeps the process running only while a call waits for its answer.
 */
export interface StoreConnection {
  /** False once it can answer no more. */
  readonly alive: boolean;
  /** The entries under these keys, in one round trip; some may have expired. */
  read(keys: readonly string[]): Promise<(Entry | undefined)[]>;
  /** Puts an entry, or {@link merge}s it with the one that is there; durable once it resolves. */
  upsert(key: string, entry: Entry): Promise<void>;
  /** Puts an entry where there is none, and returns whether it did; atomic over all connections. */
  claim(key: string, entry: Entry): Promise<boolean>;
  /**
   * Appends a record to the log, and upserts an entry in the same step where one is given: both are
   * there, or neither.
   */
  append(record: LogRecord, entry?: { key: string; entry: Entry }): Promise<void>;
  /**
   * Reads the records behind a place; all that there are where the log is not the one of the place.
   *
   * @returns with the name of the log, and the position that the records follow; `""` for its start
   */
  readLog(after: LogPlace, max: number): Promise<LogPage>;
  putMember(member: Member): Promise<void>;
  /** The members of a group, each with its text. */
  listMembers(group: string): Promise<[member: string, text: string][]>;
  /** Closes the connection: calls that wait for an answer reject. */
  end(): Promise<void>;
}

/** One entry for two: it has the later of each time, and so revokes whatever either of them does. */
export function merge(one: Entry, other: Entry): Entry {
  return {
    at: Math.max(one.at, other.at),
    expiresBy: Math.max(one.expiresBy, other.expiresBy),
    until: Math.max(one.until, other.until),
  };
}

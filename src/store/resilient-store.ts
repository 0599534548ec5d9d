import { createHash, randomUUID } from "node:crypto";
import { MayflyError } from "../error.ts";
import { currentTime, maxTime, withTimeout } from "../time.ts";
import type { Entry, StoreConnection } from "./connection.ts";
import { createFeed, encodeEvent, type Feed, type Notice } from "./feed.ts";
import type { RevocationStatus, Store, UserRevocation } from "./store.ts";

/** The backend of a store: what to connect to. */
export interface Backend {
  /** For messages; without any secret. */
  name: string;
  connect(): StoreConnection;
  /** The longest that a call may take, in milliseconds. */
  timeoutMs: number;
}

/** How long a backend that never answered is not connected to again, in milliseconds. */
const retryAfterMs = 1000;

/** The times in an entry that is no user's revocation. */
const plain = { at: 0, expiresBy: 0 };

/**
 * A store that reconnects. It has one connection at a time, made by the first call that needs one; after
 * a failure or a timeout, a later call makes the next.
 */
export class ResilientStore implements Store {
  readonly feed: Feed = createFeed((question) => this.#ask(question));
  readonly #backend: Backend;
  #connection: StoreConnection | undefined;
  /** The connection that last answered. */
  #proven: StoreConnection | undefined;
  #failure: { cause: unknown; retryAt: number } | undefined;
  #closed = false;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async getStatus(credential: string, jid: string): Promise<RevocationStatus> {
    const [credentialEntry, userEntry] = await this.#read(
      keyOf("revoked", credential),
      keyOf("user", jid),
    );
    return {
      revoked: credentialEntry !== undefined,
      ...(userEntry && { user: { issuedBy: userEntry.at, expiresBy: userEntry.expiresBy } }),
    };
  }

  revoke(credential: string, until: number, notice: Notice = {}): Promise<void> {
    const record = encodeEvent({ ...dated(notice), type: "credential", credential });
    const entry = { key: keyOf("revoked", credential), entry: { ...plain, until } };
    return this.#ask((connection) => connection.append(record, entry));
  }

  revokeUser(
    jid: string,
    { issuedBy, expiresBy }: UserRevocation,
    until: number,
    notice: Notice = {},
  ): Promise<void> {
    const record = encodeEvent({ ...dated(notice), type: "user", jid, issuedBy, expiresBy });
    const entry = { key: keyOf("user", jid), entry: { at: issuedBy, expiresBy, until } };
    return this.#ask((connection) => connection.append(record, entry));
  }

  claim(credential: string, until: number): Promise<boolean> {
    return this.#ask((connection) =>
      connection.claim(keyOf("claimed", credential), { ...plain, until }),
    );
  }

  markSeen(jid: string): Promise<void> {
    return this.#keep(keyOf("seen", jid), { ...plain, until: maxTime });
  }

  async hasSeen(jid: string): Promise<boolean> {
    const [entry] = await this.#read(keyOf("seen", jid));
    return entry !== undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection?.end();
  }

  #keep(key: string, entry: Entry): Promise<void> {
    return this.#ask((connection) => connection.upsert(key, entry));
  }

  /** Reads the entries that count, by the clock of this machine, as credentials expire by it. */
  async #read(...keys: string[]) {
    const entries = await this.#ask((connection) => connection.read(keys));
    return entries.map((entry) => (entry && entry.until >= currentTime() ? entry : undefined));
  }

  async #ask<T>(question: (connection: StoreConnection) => Promise<T>): Promise<T> {
    if (this.#closed) throw this.#error(new Error("it is closed"));
    // Otherwise every login would wait for a server that is down, or start LMDB on a broken file.
    if (this.#failure && performance.now() < this.#failure.retryAt) {
      throw this.#error(this.#failure.cause);
    }
    let connection = this.#connection;
    try {
      if (!connection?.alive) {
        discard(connection);
        connection = this.#connection = this.#backend.connect();
      }
      const answer = await withTimeout(this.#backend.timeoutMs, question(connection));
      this.#proven = connection;
      return answer;
    } catch (cause) {
      if (this.#connection === connection) {
        this.#connection = undefined;
        if (this.#proven !== connection) {
          this.#failure = { cause, retryAt: performance.now() + retryAfterMs };
        }
      }
      discard(connection);
      throw this.#error(cause);
    }
  }

  #error(cause: unknown): MayflyError {
    const { message, code } = cause as NodeJS.ErrnoException;
    const reason = message || code; // the error of a host with two addresses has no message
    return new MayflyError("ERR_STORE", `the store ${this.#backend.name}: ${reason}`, { cause });
  }
}

/** The key of an entry: a hash of the name, so that no credential can be read from it. */
function keyOf(kind: "revoked" | "user" | "claimed" | "seen", name: string): string {
  return `${kind}:${createHash("sha256").update(name).digest("base64url")}`;
}

/** The part of an event that all of them have. */
function dated({ id = randomUUID(), reason }: Notice) {
  return { id, at: currentTime(), ...(reason !== undefined && { reason }) };
}

function discard(connection: StoreConnection | undefined): void {
  connection?.end().catch(() => {}); // the call that failed has the reason
}

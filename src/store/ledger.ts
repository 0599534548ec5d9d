import { createHash } from "node:crypto";
import { MayflyError } from "../error.ts";
import { now, type Session } from "./session.ts";
import type { Known, Store } from "./store.ts";

/** Where a ledger is kept. */
export interface Place {
  /** For messages; without any secret. */
  name: string;
  connect(): Session;
  /** How long an answer may take, in milliseconds. */
  patience: number;
}

/** How long a place that answered nothing is left alone, in milliseconds. */
const rest = 1000;

/** The year 9999. */
const never = 253_402_300_799;

/**
 * A store over sessions. There is one at a time, made when it is needed: whatever goes wrong on
 * it, a later call begins anew.
 */
export class Ledger implements Store {
  readonly #place: Place;
  #session: Session | undefined;
  /** The session that last answered. */
  #proven: Session | undefined;
  #failure: { cause: unknown; restsUntil: number } | undefined;
  #closed = false;

  constructor(place: Place) {
    this.#place = place;
  }

  async look(credential: string, jid: string): Promise<Known> {
    const [credentialEntry, userEntry] = await this.#read(
      keyOf("revoked", credential),
      keyOf("user", jid),
    );
    return {
      revoked: credentialEntry !== undefined,
      ...(userEntry && { userRevokedAt: userEntry.at }),
    };
  }

  revoke(credential: string, until: number): Promise<void> {
    return this.#ask((session) => session.keep(keyOf("revoked", credential), { at: 0, until }));
  }

  revokeUser(jid: string, at: number, until: number): Promise<void> {
    return this.#ask((session) => session.keep(keyOf("user", jid), { at, until }));
  }

  claim(credential: string, until: number): Promise<boolean> {
    return this.#ask((session) => session.claim(keyOf("claimed", credential), { at: 0, until }));
  }

  see(jid: string): Promise<void> {
    return this.#ask((session) => session.keep(keyOf("seen", jid), { at: 0, until: never }));
  }

  async hasSeen(jid: string): Promise<boolean> {
    const [entry] = await this.#read(keyOf("seen", jid));
    return entry !== undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#session?.end();
  }

  /** Reads entries that count. The clock is that of the caller, who judges expiry by it, too. */
  async #read(...keys: string[]) {
    const entries = await this.#ask((session) => session.read(keys));
    return entries.map((entry) => (entry && entry.until >= now() ? entry : undefined));
  }

  async #ask<T>(question: (session: Session) => Promise<T>): Promise<T> {
    if (this.#closed) throw this.#error(new Error("it is closed"));
    // Or else every login would wait for a server that is away, or start LMDB on a broken file.
    if (this.#failure && performance.now() < this.#failure.restsUntil) {
      throw this.#error(this.#failure.cause);
    }
    let session = this.#session;
    try {
      if (!session?.alive) {
        giveUp(session);
        session = this.#session = this.#place.connect();
      }
      const answer = await within(this.#place.patience, question(session));
      this.#proven = session;
      return answer;
    } catch (cause) {
      if (this.#session === session) {
        this.#session = undefined;
        if (this.#proven !== session) {
          this.#failure = { cause, restsUntil: performance.now() + rest };
        }
      }
      giveUp(session);
      throw this.#error(cause);
    }
  }

  #error(cause: unknown): MayflyError {
    const { message, code } = cause as NodeJS.ErrnoException;
    const reason = message || code; // the error of a host with two addresses has no message
    return new MayflyError("ERR_STORE", `the store ${this.#place.name}: ${reason}`, { cause });
  }
}

/** A key of one length for names of any, from which no credential can be read. */
function keyOf(kind: "revoked" | "user" | "claimed" | "seen", name: string): string {
  return `${kind}:${createHash("sha256").update(name).digest("base64url")}`;
}

function giveUp(session: Session | undefined): void {
  session?.end().catch(() => {}); // it has said why
}

async function within<T>(patience: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patience} ms`)), patience);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

import { unwatchFile, watchFile } from "node:fs";
import { MayflyError } from "../error.ts";
import type { Verifier } from "../extauth/index.ts";
import type { Store } from "../store/index.ts";
import { revokeUser, userExists, verify } from "../verify/index.ts";
import { announced } from "./announced.ts";
import { withoutCredentials } from "./complaint.ts";
import type { Log } from "./log.ts";
import { type Mayfly, open, openStore } from "./mayfly.ts";

const interval = 1000;

/** Why a configuration could not be loaded. */
export interface Mistake {
  /** When that was tried last, in Unix milliseconds. */
  at: number;
  line: string;
}

/**
 * A configuration that is loaded again when a file of it changes, and on SIGHUP. A bad one leaves the
 * one before in force; until there was a good one, everything is refused.
 */
export class Live implements Verifier {
  readonly #file: string | undefined;
  readonly #log: Log;
  #current: Mayfly | undefined;
  #loading = Promise.resolve();
  #loadedAt = 0;
  #mistake: Mistake | undefined;
  #watched: ReadonlySet<string> = new Set();
  #store: { url: string; store: Store } | undefined;

  constructor(file: string | undefined, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** What is in force. */
  get current(): Mayfly | undefined {
    return this.#current;
  }

  /** When that was loaded, in Unix milliseconds. */
  get loadedAt(): number {
    return this.#loadedAt;
  }

  /** What is wrong with the configuration of now, if that is not in force. */
  get mistake(): Mistake | undefined {
    return this.#mistake;
  }

  /**
   * Loads the configuration for the first time.
   *
   * @throws {@link MayflyError} where it cannot be used, which is then not logged.
   */
  async start(): Promise<void> {
    await this.#load({ mustWork: true });
  }

  /** Loads the configuration, after any loading that is under way. */
  load(): Promise<void> {
    this.#loading = this.#loading.then(() => this.#load());
    return this.#loading;
  }

  verify: Verifier["verify"] = (login) =>
    this.#current ? verify(login, this.#current) : { ok: false, reason: "store-unavailable" };

  userExists: Verifier["userExists"] = (user, host) =>
    this.#current ? userExists(user, host, this.#current) : false;

  revokeUser: Verifier["revokeUser"] = async (user, host) => {
    const { store, policies } = this.#current ?? {};
    if (store && policies) return revokeUser(user, host, { store, policies });
    this.#log.warn({ user, host }, "cannot revoke: there is no store");
    return false;
  };

  async #load({ mustWork = false } = {}): Promise<void> {
    const touched = new Set<string>();
    try {
      const isFirst = !this.#current;
      const next = await open(this.#file, {
        touched: (path) => touched.add(path),
        openStore: (url) => this.#openStore(url),
      });
      this.#current = next;
      this.#loadedAt = Date.now();
      this.#mistake = undefined;
      this.#log.redirect(next.log);
      this.#log.info({ source: next.source }, isFirst ? "configured" : "configured anew");
    } catch (error) {
      if (mustWork) throw error;
      const line = error instanceof MayflyError ? withoutCredentials(error.message) : String(error);
      if (line !== this.#mistake?.line) this.#log.error(line);
      this.#mistake = { at: Date.now(), line };
    }
    this.#watch(touched);
  }

  /** Keeps the store that is open: what it holds in memory would be lost with it. */
  async #openStore(url: string): Promise<Store> {
    if (this.#store?.url === url) return this.#store.store;
    const before = this.#store?.store;
    this.#store = { url, store: announced(await openStore(url), this.#log) };
    before?.close().catch(() => {});
    return this.#store.store;
  }

  /** Watches names, and so sees a file that an editor put in another's place. */
  #watch(touched: ReadonlySet<string>): void {
    for (const path of this.#watched) if (!touched.has(path)) unwatchFile(path);
    for (const path of touched) {
      if (this.#watched.has(path)) continue;
      watchFile(path, { interval, persistent: false }, (now, before) => {
        // Node also calls once for a file that is not there.
        if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) this.load();
      });
    }
    this.#watched = touched;
  }
}

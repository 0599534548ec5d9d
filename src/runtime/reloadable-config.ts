import { setTimeout as pause } from "node:timers/promises";
import { type Config, type IssuerConfig, writableByAll } from "../config/index.ts";
import { MayflyError } from "../error.ts";
import type { Verifier } from "../extauth/index.ts";
import { findWeaknesses, type Issuer } from "../keyring/index.ts";
import type { Store } from "../store/index.ts";
import { decide, listMacs, revokeUser, userExists } from "../verify/index.ts";
import { type AuthContext, loadContext, type OpenOptions, openStore } from "./context.ts";
import { issuerOf, withIssuerLogging } from "./issuer.ts";
import { withOutageLogging } from "./logged-store.ts";
import type { Log } from "./logger.ts";
import { redact } from "./redact.ts";
import { areStill, type FileState, fileState, isSame, untilStill } from "./until-still.ts";

const pollIntervalMs = 1000;

/** How long files are taken to be as they were, where requests ask about them, in milliseconds. */
const lookIntervalMs = 100;

/** How long a request waits at most for files that are being written, in milliseconds. */
const maxWaitMs = 1000;

interface LoadOptions {
  /** Whether the operator asked for it, so that a missing `hosts:` or `store:` is intended. */
  isRequested: boolean;
  /** Whether to throw if the configuration is invalid, instead of logging it. */
  mustSucceed?: boolean;
}

/** Why a configuration could not be loaded. */
export interface LoadError {
  /** Time of the last attempt, in Unix milliseconds. */
  at: number;
  /** The message. */
  line: string;
}

/**
 * The configuration, reloaded on SIGHUP and after its files have changed and been still for half a
 * second. An invalid configuration leaves the previous one in force; without a previous one, every
 * request is refused. A configuration that lacks the previous one's `hosts:` or `store:` is refused too,
 * because it may be truncated, and would serve every host or forget revocations; {@link load}, which
 * SIGHUP calls, accepts it.
 */
export class ReloadableConfig implements Verifier {
  readonly #file: string | undefined;
  readonly #options: Pick<OpenOptions, "isOneOfMany">;
  readonly #log: Log;
  #current: AuthContext | undefined;
  #loading = Promise.resolve();
  #loadedAt = 0;
  #loadError: LoadError | undefined;
  /** The files that were read, by path, as they were then. */
  #files: ReadonlyMap<string, FileState> = new Map();
  /** The reload that files have caused which have changed, and since when, in milliseconds. */
  #following: { promise: Promise<void>; since: number } | undefined;
  #loads = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The `hosts:` and `store:` of the configuration in force. */
  #previous: Pick<Config, "hosts" | "store"> = {};
  #store: { url: string; store: Store } | undefined;
  /** The issuers in force, by their settings. */
  #issuers: ReadonlyMap<string, Issuer> = new Map();

  constructor(file: string | undefined, log: Log, options: Pick<OpenOptions, "isOneOfMany"> = {}) {
    this.#file = file;
    this.#options = options;
    this.#log = log;
    setInterval(() => this.#follow(), pollIntervalMs).unref();
  }

  /** The configuration in force; `undefined` until one was loaded. */
  get current(): AuthContext | undefined {
    return this.#current;
  }

  /** When the configuration in force was loaded, in Unix milliseconds. */
  get loadedAt(): number {
    return this.#loadedAt;
  }

  /** Why the last attempt to load failed; `undefined` if it succeeded. */
  get loadError(): LoadError | undefined {
    return this.#loadError;
  }

  /**
   * Loads the configuration for the first time.
   *
   * @throws {@link MayflyError} if it is invalid; the error is not logged
   */
  async start(): Promise<void> {
    await this.#load({ isRequested: true, mustSucceed: true });
  }

  /** Loads the configuration, after any load in progress, even if it lacks `hosts:` or `store:`. Logs errors. */
  load(): Promise<void> {
    return this.#enqueue({ isRequested: true });
  }

  /**
   * Looks whether files have changed, at most every 100 ms, without waiting for the next poll. The
   * promise, where there is one, resolves once changes and a SIGHUP until now count, or files have
   * been changing for a second.
   */
  catchUp(): Promise<void> | undefined {
    const now = performance.now();
    if (now - this.#lookedAt >= lookIntervalMs) {
      this.#lookedAt = now;
      this.#follow();
    }
    if (!this.#following) return this.#loads > 0 ? this.#loading : undefined;
    const { promise, since } = this.#following;
    const remainingMs = since + maxWaitMs - now;
    if (remainingMs > 0) {
      return Promise.race([promise, pause(remainingMs, undefined, { ref: false })]);
    }
    // No timer has told it that they are still, where the program was blocked.
    return areStill(this.#files.keys()) ? this.#enqueue({ isRequested: false }) : undefined;
  }

  #enqueue(options: LoadOptions): Promise<void> {
    this.#loads += 1;
    this.#loading = this.#loading
      .then(() => this.#load(options))
      .finally(() => {
        this.#loads -= 1;
      });
    return this.#loading;
  }

  /** Reloads files that have changed, once they change no more: a writer may not have finished. */
  #follow(): void {
    if (this.#following || !this.#haveFilesChanged()) return;
    const promise = untilStill(this.#files.keys()).then(() => {
      this.#following = undefined;
      return this.#enqueue({ isRequested: false });
    });
    this.#following = { promise, since: performance.now() };
  }

  #haveFilesChanged(): boolean {
    for (const [path, state] of this.#files) if (!isSame(state, fileState(path))) return true;
    return false;
  }

  verify: Verifier["verify"] = (login) =>
    this.#current ? decide(login, this.#current) : { ok: false, reason: "store-unavailable" };

  listMacs: Verifier["listMacs"] = (request) =>
    this.#current ? listMacs(request, this.#current) : { ok: false, reason: "store-unavailable" };

  userExists: Verifier["userExists"] = (user, host) =>
    this.#current ? userExists(user, host, this.#current) : false;

  revokeUser: Verifier["revokeUser"] = async (user, host) => {
    const { store, policies } = this.#current ?? {};
    if (store && policies) return revokeUser(user, host, { store, policies });
    this.#log.warn({ user, host }, "cannot revoke: no store is configured");
    return false;
  };

  async #load({ isRequested, mustSucceed = false }: LoadOptions): Promise<void> {
    const files = new Map<string, FileState>();
    let loaded: Pick<Config, "hosts" | "store"> = {};
    const issuers = new Map<string, Issuer>();
    try {
      const isFirst = !this.#current;
      const next = await loadContext(this.#file, {
        ...this.#options,
        onFileRead: (file) => files.set(file, fileState(file)),
        openStore: (url) => this.#openStore(url),
        createIssuer: async (config) => {
          const name = JSON.stringify(config);
          // Its keys stay known through a change of something else; an operator has them fetched anew.
          const known = isRequested ? undefined : this.#issuers.get(name);
          const issuer = known ?? (await this.#createIssuer(config));
          issuers.set(name, issuer);
          return issuer;
        },
        validate: (config) => {
          loaded = config;
          this.#assertComplete(config, isRequested);
        },
      });
      this.#current = next;
      this.#issuers = issuers;
      this.#previous = loaded;
      this.#loadedAt = Date.now();
      this.#loadError = undefined;
      this.#log.redirect(next.log);
      this.#log.info(
        { source: next.source },
        isFirst ? "configuration loaded" : "configuration reloaded",
      );
      for (const { key, what, fix } of findWeaknesses(next.keyring.keys)) {
        this.#log.warn({ key }, `${what}: ${fix}`);
      }
      const path = writableByAll(next.source);
      if (path) this.#log.warn({ path }, "every user of this machine can write to it: chmod o-w");
    } catch (error) {
      if (mustSucceed) throw error;
      const line = error instanceof MayflyError ? redact(error.message) : String(error);
      if (line !== this.#loadError?.line) this.#log.error(line);
      this.#loadError = { at: Date.now(), line };
    }
    this.#files = files;
  }

  #assertComplete(config: Config, isRequested: boolean): void {
    const [lost] = (["hosts", "store"] as const).filter((it) => this.#previous[it] && !config[it]);
    if (lost === undefined) return;
    const line = `${config.source}: ${lost}: was set before and is now missing`;
    if (isRequested) {
      this.#log.warn(line);
      return;
    }
    const fix = "if the file is complete and this is intended, send SIGHUP or restart";
    throw new MayflyError("ERR_CONFIG", `${line}: ${fix}`);
  }

  async #createIssuer(config: IssuerConfig): Promise<Issuer> {
    return withIssuerLogging(await issuerOf(config), this.#log);
  }

  /** Reuses the open store if its URL is the same: a memory store's content would be lost otherwise. */
  async #openStore(url: string): Promise<Store> {
    if (this.#store?.url === url) return this.#store.store;
    const before = this.#store?.store;
    this.#store = { url, store: withOutageLogging(await openStore(url), this.#log) };
    before?.close().catch(() => {});
    return this.#store.store;
  }
}

import {
  type CredentialSource,
  fetchCredential,
  type MintedCredential,
  type RetryableError,
} from "./credential-source.ts";
import { backoffDelay, sleep } from "./timing.ts";
import { isTransient } from "./transient.ts";

/** Callbacks for an app. */
export interface LoginEvents {
  /** Called after a credential was minted. */
  onMint?: (credential: MintedCredential) => void;
  /**
   * Called after a transient failure; the next attempt is in `wait` milliseconds.
   *
   * @defaultValue logs to the console
   */
  onRetry?: (error: Error, wait: number) => void;
}

/** Options of a credential cache. */
export interface SupplyOptions extends LoginEvents {
  /** Bare JID to log in as; a credential for another user is refused with `ERR_MINT`. */
  jid?: string;
}

/** Cache of one credential, minted on demand. */
export interface CredentialCache {
  /**
   * Returns the credential, or mints a new one shortly before it expires. While the source is down, retries
   * with growing delays.
   *
   * @param isGone - whether the caller no longer waits; the result is then `undefined`
   * @param anyAge - whether the last credential may be returned even if expired
   * @throws {@link MayflyError} `ERR_MINT`, `ERR_CREDENTIAL`
   */
  credential(isGone?: () => boolean, anyAge?: boolean): Promise<MintedCredential | undefined>;
  /**
   * Discards a credential that a server has refused, so that the next one is new, unless it already is.
   * From the second refusal within a minute on, each one delays minting longer. Without an argument,
   * discards everything, including a credential that is being minted.
   */
  forget(credential?: MintedCredential): void;
  /** The source's last failure; `undefined` once it has recovered. */
  readonly failure: Error | undefined;
}

// A credential is renewed when a tenth of its lifetime is left, and at least this, for a slow login.
const minRemainingMs = 10_000;
// When many connections break at once, their clients must not all mint in the same moment.
const jitterMs = 1000;
// Servers ban an address after repeated refusals, and users behind a proxy share one address.
const refusalWindowMs = 60_000;
const maxRefusalSteps = 4; // up to 16 s: a user who has signed in again does not wait longer

/** Creates a cache for a source's credentials. */
export function createCredentialCache(
  source: CredentialSource,
  { jid, onMint, onRetry }: SupplyOptions,
): CredentialCache {
  let kept: { credential: MintedCredential; isFresh: () => boolean } | undefined;
  let minting: Promise<MintedCredential | undefined> | undefined;
  let failure: Error | undefined;
  let failures = 0;
  let pause = 0;
  let refusals: number[] = [];
  let generation = 0;

  return {
    async credential(isGone = () => false, anyAge = false) {
      while (!isGone()) {
        if (kept && (anyAge || kept.isFresh())) return kept.credential;
        minting ??= mint();
        const minted = await minting;
        if (minted) return minted;
      }
      return undefined;
    },
    forget(credential) {
      if (credential) refusals.push(performance.now());
      else generation++;
      if (credential && kept?.credential !== credential) return;
      kept = undefined;
      pause = 0;
      if (!credential) minting = undefined;
    },
    get failure() {
      return failure;
    },
  };

  /** Mints and caches a credential; `undefined` after a transient failure. */
  async function mint(): Promise<MintedCredential | undefined> {
    const begun = generation;
    const isForgotten = () => generation !== begun;
    try {
      await sleep(Math.max(pause, refusalPause()));
      if (isForgotten()) return undefined;
      const age = stopwatch();
      const credential = await fetchCredential(source, jid);
      if (isForgotten()) return undefined;
      failure = undefined;
      failures = 0;
      pause = Math.random() * jitterMs;
      const time = 1000 * credential.ttl;
      kept = { credential, isFresh: () => age() < time - Math.max(time / 10, minRemainingMs) };
      onMint?.(credential);
      return credential;
    } catch (error) {
      if (isForgotten()) return undefined;
      if (!isTransient(error)) throw error;
      failure = error as Error;
      pause = backoffDelay(++failures) + ((error as RetryableError).wait ?? 0);
      onRetry?.(failure, pause);
      return undefined;
    } finally {
      if (!isForgotten()) minting = undefined;
    }
  }

  /** Delay for the refusals of the last minute, in milliseconds; the first one causes none. */
  function refusalPause(): number {
    const since = performance.now() - refusalWindowMs;
    refusals = refusals.filter((time) => time > since);
    const steps = Math.min(refusals.length - 1, maxRefusalSteps);
    return steps > 0 ? backoffDelay(steps) : 0;
  }
}

/**
 * Starts a stopwatch, in milliseconds. Takes the larger of two clocks: the device's clock may be set back,
 * and the monotonic clock may stop while the device sleeps.
 */
function stopwatch(): () => number {
  const [monotonic, device] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - monotonic, Date.now() - device);
}

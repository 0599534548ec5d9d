import { MayflyError } from "../error.ts";
import { pauseAfter, sleep } from "./pause.ts";
import { type MintedCredential, mintFrom, type Passing, type Source } from "./source.ts";

/** What an app may want to hear of. */
export interface Listeners {
  /** A credential was minted. */
  onMint?: (credential: MintedCredential) => void;
  /** Something failed that passes; it is tried again in so many milliseconds. */
  onRetry?: (error: Error, wait: number) => void;
}

/** One credential at a time, minted when there is need. */
export interface Supply {
  /**
   * The credential; a new one from shortly before it expires. While the source is down it is asked
   * again, less and less often.
   *
   * @param isGone - whether the one who waits is gone; then there is none
   * @param anyAge - the last one will do, expired or not
   * @throws {@link MayflyError} `ERR_MINT`, `ERR_CREDENTIAL`
   */
  credential(isGone?: () => boolean, anyAge?: boolean): Promise<MintedCredential | undefined>;
  /** Has the next one minted anew, unless that was done already. */
  forget(credential: MintedCredential): void;
}

// Of the lifetime a tenth is left, and this at least, for the way to the server and a slow login.
const leastLeft = 10_000;
// A cut connection is one of many, and all of them mint anew: not in the same moment.
const spread = 1000;

/** Keeps a credential from a source. */
export function supplyFrom(source: Source, { onMint, onRetry }: Listeners): Supply {
  let kept: { credential: MintedCredential; isFresh: () => boolean } | undefined;
  let minting: Promise<MintedCredential | undefined> | undefined;
  let failures = 0;
  let pause = 0;

  return {
    async credential(isGone = () => false, anyAge = false) {
      while (!isGone()) {
        if (kept && (anyAge || kept.isFresh())) return kept.credential;
        minting ??= mint().finally(() => {
          minting = undefined;
        });
        const minted = await minting;
        if (minted) return minted;
      }
      return undefined;
    },
    forget(credential) {
      if (kept?.credential !== credential) return;
      kept = undefined;
      pause = 0;
    },
  };

  async function mint(): Promise<MintedCredential | undefined> {
    await sleep(pause);
    const age = stopwatch();
    let credential: MintedCredential;
    try {
      credential = await mintFrom(source);
    } catch (error) {
      if (error instanceof MayflyError) throw error;
      pause = pauseAfter(++failures) + ((error as Passing).wait ?? 0);
      onRetry?.(error as Error, pause);
      return undefined;
    }
    failures = 0;
    pause = Math.random() * spread;
    const time = 1000 * credential.ttl;
    kept = { credential, isFresh: () => age() < time - Math.max(time / 10, leastLeft) };
    onMint?.(credential);
    return credential;
  }
}

/**
 * Measures time from now on, in milliseconds, by two clocks of which the one ahead is right: the
 * device's may be set back, and the monotonic one may stand still while the device sleeps.
 */
function stopwatch(): () => number {
  const [monotonic, device] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - monotonic, Date.now() - device);
}

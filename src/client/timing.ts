const minDelayMs = 1000;
const maxDelayMs = 30_000;

/**
 * Delay before the next attempt, in milliseconds: doubles with each failure from 1 s up to 30 s. Up to half
 * of it is random, so that clients that failed together do not retry together.
 */
export function backoffDelay(failures: number): number {
  const time = Math.min(minDelayMs * 2 ** failures, maxDelayMs);
  return (time * (1 + Math.random())) / 2;
}

/** Resolves after a time in milliseconds. */
export function sleep(timeMs: number): Promise<void> {
  return new Promise((done) => setTimeout(done, timeMs));
}

/**
 * Runs a function with a timeout in milliseconds, after which the promise rejects.
 *
 * @param run - gets a signal that aborts at the timeout
 */
export function withTimeout<T>(
  timeMs: number,
  run: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const signal = AbortSignal.timeout(timeMs);
    signal.onabort = () => reject(signal.reason);
    Promise.resolve(run(signal)).then(resolve, reject);
  });
}

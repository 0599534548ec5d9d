/**
 * Runs something that has to end within a time, in milliseconds.
 *
 * @param run - hears from the signal that its time is over
 */
export function within<T>(time: number, run: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const signal = AbortSignal.timeout(time);
    signal.onabort = () => reject(signal.reason);
    Promise.resolve(run(signal)).then(resolve, reject);
  });
}

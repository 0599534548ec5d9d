const shortest = 1000;
const longest = 30_000;

/**
 * How long to wait after so many failures, in milliseconds: twice as long each time, half of it left
 * to chance, so that many clients that failed at the same time do not come back together.
 */
export function pauseAfter(failures: number): number {
  const time = Math.min(shortest * 2 ** failures, longest);
  return (time * (1 + Math.random())) / 2;
}

/** Waits, in milliseconds. */
export function sleep(time: number): Promise<void> {
  return new Promise((done) => setTimeout(done, time));
}

/** Now, in Unix seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** What happens within one second of the clock; it is told which. */
export async function withinOneSecond<T>(act: (second: number) => Promise<T>): Promise<T> {
  for (;;) {
    const second = now();
    const outcome = await act(second);
    if (now() === second) return outcome;
  }
}

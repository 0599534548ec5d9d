const minute = 60_000;
const mostKnown = 10_000;

/** Lets each caller ask so often, in bursts of up to a minute's worth. Kept in memory. */
export class Limiter {
  /** How long each request is owed for, in milliseconds. */
  readonly #each: number;
  /** When a caller owes nothing any more. */
  readonly #owing = new Map<string, number>();

  /** @param perMinute - how often a caller may ask in a minute */
  constructor(perMinute: number) {
    this.#each = Math.ceil(minute / perMinute);
  }

  /**
   * Counts one request.
   *
   * @returns the seconds until there may be another, where there have been too many; otherwise 0
   */
  take(caller: string, now: number = Math.floor(performance.now())): number {
    const from = Math.max(this.#owing.get(caller) ?? now, now);
    const early = from - now + this.#each - minute;
    if (early > 0) return Math.ceil(early / 1000);
    this.#owing.delete(caller);
    this.#owing.set(caller, from + this.#each);
    // A Map keeps its order: the first has not been let through for longest.
    for (const longest of this.#owing.keys()) {
      if (this.#owing.size <= mostKnown) break;
      this.#owing.delete(longest);
    }
    return 0;
  }
}

const minuteMs = 60_000;
const maxCallers = 10_000;

/** Limits the requests per minute of each caller, in memory. Allows bursts of a whole minute's requests. */
export class RateLimiter {
  /** Milliseconds of quota that each request uses. */
  readonly #cost: number;
  /** Time at which a caller's quota is full again, in milliseconds. */
  readonly #fullAt = new Map<string, number>();

  /** @param perMinute - number of requests that each caller may send per minute */
  constructor(perMinute: number) {
    this.#cost = Math.ceil(minuteMs / perMinute);
  }

  /**
   * Counts one request.
   *
   * @returns 0 if it is allowed; otherwise the seconds until the next request is
   */
  take(caller: string, now: number = Math.floor(performance.now())): number {
    const from = Math.max(this.#fullAt.get(caller) ?? now, now);
    const early = from - now + this.#cost - minuteMs;
    if (early > 0) return Math.ceil(early / 1000);
    this.#fullAt.delete(caller);
    this.#fullAt.set(caller, from + this.#cost);
    // A Map keeps insertion order: its first caller is the one allowed least recently.
    for (const oldest of this.#fullAt.keys()) {
      if (this.#fullAt.size <= maxCallers) break;
      this.#fullAt.delete(oldest);
    }
    return 0;
  }
}

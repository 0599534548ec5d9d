const bucketsPerOctave = 8;
/** From a microsecond to four minutes. */
const buckets = 28 * bucketsPerOctave;

/** Histogram of durations in milliseconds. Quantiles are accurate to 5 %. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(buckets);
  #count = 0;
  #max = 0;

  /** The longest duration. */
  get max(): number {
    return this.#max;
  }

  add(ms: number): void {
    const bucket = Math.floor(Math.log2(ms * 1000) * bucketsPerOctave);
    const index = Math.min(Math.max(bucket, 0), buckets - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    if (ms > this.#max) this.#max = ms;
  }

  /** Quantile, such as 0.95 for p95; 0 if the histogram is empty. */
  quantile(share: number): number {
    let left = Math.ceil(this.#count * share);
    if (left === 0) return 0;
    const index = this.#counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return Math.min(2 ** ((index + 0.5) / bucketsPerOctave) / 1000, this.#max);
  }

  include(other: LatencyHistogram): void {
    for (const [index, count] of other.#counts.entries()) {
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
    }
    this.#count += other.#count;
    this.#max = Math.max(this.#max, other.#max);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#max = 0;
  }
}

import { Ledger } from "./ledger.ts";
import { type Entry, merge, now, type Session } from "./session.ts";

/** A store that lives and dies with its process. */
export function memoryStore(entries = new Map<string, Entry>()): Ledger {
  const session = new MemorySession(entries);
  return new Ledger({ name: "memory", connect: () => session, patience: 1000 });
}

class MemorySession implements Session {
  readonly alive = true;
  readonly #entries: Map<string, Entry>;
  #round: Iterator<[string, Entry], undefined>;

  constructor(entries: Map<string, Entry>) {
    this.#entries = entries;
    this.#round = entries.entries();
  }

  async read(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    this.#sweep();
    return keys.map((key) => this.#entries.get(key));
  }

  async keep(key: string, entry: Entry): Promise<void> {
    this.#sweep();
    this.#entries.set(key, merge(this.#entries.get(key) ?? entry, entry));
  }

  async claim(key: string, entry: Entry): Promise<boolean> {
    this.#sweep();
    if (this.#entries.has(key)) return false;
    this.#entries.set(key, entry);
    return true;
  }

  async end(): Promise<void> {}

  /** Looks at a few entries, round after round, and drops those that have expired. */
  #sweep(): void {
    for (let count = 0; count < 4; count++) {
      const next = this.#round.next();
      if (next.done) {
        this.#round = this.#entries.entries();
        return;
      }
      const [key, { until }] = next.value;
      if (until < now()) this.#entries.delete(key);
    }
  }
}

import { Latency } from "./latency.ts";

const minute = 60_000;
const minutesKept = 60;
const refusalsKept = 20;
/** Of a name that somebody sent. */
const longestName = 128;

/** The operations that decide on a login, and what was none. */
const logins = new Set(["auth", "check", "nonsense", "check_password", "lookup"]);

/** What came of a request. None of it is a credential. */
export interface Decided {
  op: string;
  ok: boolean;
  reason?: string | undefined;
  user?: string;
  host?: string;
  /** Milliseconds. */
  ms: number;
}

/** How many logins were decided how, and how fast. */
export interface Tally {
  accepted: number;
  /** By reason, the most frequent first. */
  refused: Record<string, number>;
  /** Milliseconds that half of them took at most, and 95 of 100, and all; 0 where there were none. */
  p50: number;
  p95: number;
  max: number;
}

/** The tally of the minute that begins `at` so many Unix seconds. */
export interface Minute extends Tally {
  at: number;
}

/** A login that was refused, `at` so many Unix seconds. */
export interface Refusal extends Pick<Decided, "user" | "host"> {
  at: number;
  reason: string;
}

/** What was decided on logins: in all, in each minute of the last hour, and the last refusals. */
export class History {
  readonly #clock: () => number;
  readonly #slots = Array.from({ length: minutesKept }, () => new Slot());
  readonly #all = new Slot();
  readonly #refusals: Refusal[] = [];
  /** When it began, in Unix milliseconds. */
  readonly startedAt: number;

  /** @param clock - Unix milliseconds */
  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
    this.startedAt = clock();
  }

  /** Unix milliseconds. */
  get now(): number {
    return this.#clock();
  }

  /** Takes down what came of a request, where that was a login. */
  add({ op, ok, reason = op, user, host, ms }: Decided): void {
    if (!logins.has(op)) return;
    const now = this.#clock();
    const refused = ok ? undefined : reason;
    this.#slotAt(Math.floor(now / minute)).add(refused, ms);
    this.#all.add(refused, ms);
    if (ok) return;
    this.#refusals.unshift({
      at: Math.floor(now / 1000),
      reason,
      ...(user && { user: shortened(user) }),
      ...(host && { host: shortened(host) }),
    });
    if (this.#refusals.length > refusalsKept) this.#refusals.pop();
  }

  /** Since it began. */
  get total(): Tally {
    return this.#all.tally();
  }

  /** The last hour in one. */
  get lastHour(): Tally {
    const sum = new Slot();
    for (const slot of this.#minutes()) if (slot) sum.include(slot);
    return sum.tally();
  }

  /** The minutes of the last hour, the one that is not over yet last. */
  get minutes(): Minute[] {
    const first = Math.floor(this.#clock() / minute) - minutesKept + 1;
    return this.#minutes().map((slot, index) => ({
      at: (first + index) * 60,
      ...(slot ?? nothing).tally(),
    }));
  }

  /** The latest first. */
  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  #minutes(): (Slot | undefined)[] {
    const last = Math.floor(this.#clock() / minute);
    return this.#slots.map((_, index) => {
      const wanted = last - minutesKept + 1 + index;
      const slot = this.#slots[wanted % minutesKept];
      return slot?.minute === wanted ? slot : undefined;
    });
  }

  #slotAt(wanted: number): Slot {
    const slot = this.#slots[wanted % minutesKept] as Slot;
    if (slot.minute !== wanted) slot.reuse(wanted);
    return slot;
  }
}

class Slot {
  minute = -1;
  #accepted = 0;
  readonly #refused = new Map<string, number>();
  readonly #latency = new Latency();

  add(refused: string | undefined, ms: number): void {
    if (refused === undefined) this.#accepted++;
    else this.#refused.set(refused, (this.#refused.get(refused) ?? 0) + 1);
    this.#latency.add(ms);
  }

  include(other: Slot): void {
    this.#accepted += other.#accepted;
    for (const [reason, count] of other.#refused) {
      this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + count);
    }
    this.#latency.include(other.#latency);
  }

  reuse(minute: number): void {
    this.minute = minute;
    this.#accepted = 0;
    this.#refused.clear();
    this.#latency.clear();
  }

  tally(): Tally {
    const refused = [...this.#refused].sort(([, one], [, other]) => other - one);
    return {
      accepted: this.#accepted,
      refused: Object.fromEntries(refused),
      p50: this.#latency.quantile(0.5),
      p95: this.#latency.quantile(0.95),
      max: this.#latency.max,
    };
  }
}

const nothing = new Slot();

/** A name as far as people read it: it may have been sent to fill the memory. */
function shortened(name: string): string {
  if (name.length <= longestName) return name;
  // Copied by its characters: a slice would keep all of it.
  return `${[...name.slice(0, 2 * longestName)].slice(0, longestName).join("")}…`;
}

/** How many were refused, whatever the reason. */
export function refusedIn({ refused }: Tally): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

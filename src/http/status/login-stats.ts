import { LatencyHistogram } from "./histogram.ts";

const minuteMs = 60_000;
const minutesKept = 60;
const refusalsKept = 20;
/** Characters kept of a username or host that a client sent. */
const maxNameLength = 128;

/** Operations that decide on a login; `nonsense` is a malformed request. */
const logins = new Set(["auth", "check", "nonsense", "check_password", "lookup"]);

/** Outcome of a login request, without credentials. */
export interface LoginRecord {
  op: string;
  ok: boolean;
  reason?: string | undefined;
  user?: string | undefined;
  host?: string | undefined;
  /** Milliseconds. */
  ms: number;
}

/** Counts of login decisions, and their latency. */
export interface LoginCounts {
  accepted: number;
  /** Count by reason, the most frequent first. */
  refused: Record<string, number>;
  /** Latency in milliseconds: median, 95th percentile and maximum; 0 if there were no logins. */
  p50: number;
  p95: number;
  max: number;
}

/** Counts of one minute, which begins at `at` in Unix seconds. */
export interface Minute extends LoginCounts {
  at: number;
}

/** A refused login; `at` in Unix seconds. */
export interface Refusal extends Pick<LoginRecord, "user" | "host"> {
  at: number;
  reason: string;
}

/** Statistics of login decisions: in total, per minute of the last hour, and the last 20 refusals. */
export class LoginStats {
  readonly #clock: () => number;
  readonly #slots = Array.from({ length: minutesKept }, () => new MinuteBucket());
  readonly #all = new MinuteBucket();
  readonly #refusals: Refusal[] = [];
  /** When the statistics began, in Unix milliseconds. */
  readonly startedAt: number;

  /** @param clock - Unix milliseconds */
  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
    this.startedAt = clock();
  }

  /** Current time in Unix milliseconds. */
  get now(): number {
    return this.#clock();
  }

  /** Adds the outcome of a request; ignores requests that decide on no login. */
  add({ op, ok, reason = op, user, host, ms }: LoginRecord): void {
    // For SCRAM, a `mac` request precedes the check; only if it is refused does it decide on the login.
    if (!logins.has(op) && (op !== "mac" || ok)) return;
    const now = this.#clock();
    const refused = ok ? undefined : reason;
    this.#slotAt(Math.floor(now / minuteMs)).add(refused, ms);
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

  /** Counts since the start. */
  get total(): LoginCounts {
    return this.#all.tally();
  }

  /** Counts of the last hour. */
  get lastHour(): LoginCounts {
    const sum = new MinuteBucket();
    for (const slot of this.#minutes()) if (slot) sum.include(slot);
    return sum.tally();
  }

  /** Counts per minute of the last hour; the last one is the current minute. */
  get minutes(): Minute[] {
    const first = Math.floor(this.#clock() / minuteMs) - minutesKept + 1;
    return this.#minutes().map((slot, index) => ({
      at: (first + index) * 60,
      ...(slot ?? nothing).tally(),
    }));
  }

  /** The last refusals, the latest first. */
  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  #minutes(): (MinuteBucket | undefined)[] {
    const last = Math.floor(this.#clock() / minuteMs);
    return this.#slots.map((_, index) => {
      const wanted = last - minutesKept + 1 + index;
      const slot = this.#slots[wanted % minutesKept];
      return slot?.minute === wanted ? slot : undefined;
    });
  }

  #slotAt(wanted: number): MinuteBucket {
    const slot = this.#slots[wanted % minutesKept] as MinuteBucket;
    if (slot.minute !== wanted) slot.reuse(wanted);
    return slot;
  }
}

class MinuteBucket {
  minute = -1;
  #accepted = 0;
  readonly #refused = new Map<string, number>();
  readonly #latency = new LatencyHistogram();

  add(refused: string | undefined, ms: number): void {
    if (refused === undefined) this.#accepted++;
    else this.#refused.set(refused, (this.#refused.get(refused) ?? 0) + 1);
    this.#latency.add(ms);
  }

  include(other: MinuteBucket): void {
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

  tally(): LoginCounts {
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

const nothing = new MinuteBucket();

/** Shortens a name: a client may send long ones to exhaust the memory. */
function shortened(name: string): string {
  if (name.length <= maxNameLength) return name;
  // Copies character by character: a slice would keep the whole string in memory.
  return `${[...name.slice(0, 2 * maxNameLength)].slice(0, maxNameLength).join("")}…`;
}

/** Number of refusals, for all reasons. */
export function refusedIn({ refused }: LoginCounts): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

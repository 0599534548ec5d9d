import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What came of a request. */
export interface Observed {
  op: string;
  ok: boolean;
  reason?: string;
  format?: string;
  /** Milliseconds. */
  ms: number;
}

/** Counts what is decided. No label holds a name: neither users' nor hosts' are numbered here. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: "mayfly_requests_total",
    help: "Requests decided, by operation and outcome; reason is empty where it was yes",
    labelNames: ["op", "outcome", "reason", "format"],
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: "mayfly_request_duration_seconds",
    help: "How long requests took to decide",
    labelNames: ["op"],
    buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
    registers: [this.#registry],
  });
  readonly #minted = new Counter({
    name: "mayfly_minted_total",
    help: "Credentials minted, by what they are for",
    labelNames: ["service"],
    registers: [this.#registry],
  });
  readonly #started = new Gauge({
    name: "mayfly_start_time_seconds",
    help: "When the process started, in Unix seconds",
    registers: [this.#registry],
  });

  constructor() {
    this.#started.set(Math.floor(Date.now() / 1000));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts one request. */
  observe({ op, ok, reason = "", format = "", ms }: Observed): void {
    this.#requests.inc({ op, outcome: ok ? "yes" : "no", reason, format });
    this.#seconds.observe({ op }, ms / 1000);
  }

  /** Counts a credential. */
  minted(service: string): void {
    this.#minted.inc({ service });
  }

  /** All of it, in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

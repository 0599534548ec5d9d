import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type Key, keyStates } from "../keyring/index.ts";
import type { About } from "./about.ts";

/** What came of a request. */
export interface Observed {
  op: string;
  ok: boolean;
  reason?: string | undefined;
  format?: string | undefined;
  /** Milliseconds. */
  ms: number;
}

/** Milliseconds: how often it is looked how late the process is. */
const lagPrecision = 100;

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
  readonly #http = new Counter({
    name: "mayfly_http_requests_total",
    help: "HTTP requests answered, by route and status",
    labelNames: ["route", "status"],
    registers: [this.#registry],
  });
  readonly #started = new Gauge({
    name: "mayfly_start_time_seconds",
    help: "When the process started, in Unix seconds",
    registers: [this.#registry],
  });

  constructor() {
    this.#started.set(Math.floor(Date.now() / 1000));
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: lagPrecision });
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

  /** Counts an answer over HTTP. */
  answered(route: string, status: number): void {
    this.#http.inc({ route, status });
  }

  /** Tells of the configuration, too, by what is in force when the numbers are asked for. */
  watch(about: () => About, keys: () => readonly Pick<Key, "state">[]): void {
    const registers = [this.#registry];
    new Gauge({
      name: "mayfly_config_last_reload_successful",
      help: "Whether the last loading of the configuration succeeded",
      registers,
      collect() {
        this.set(about().mistake ? 0 : 1);
      },
    });
    new Gauge({
      name: "mayfly_config_last_reload_success_timestamp_seconds",
      help: "When the configuration in force was loaded, in Unix seconds",
      registers,
      collect() {
        this.set(Math.floor(about().loadedAt / 1000));
      },
    });
    new Gauge({
      name: "mayfly_keys",
      help: "Keys in the keyring, by state",
      labelNames: ["state"],
      registers,
      collect() {
        for (const state of keyStates) {
          this.set({ state }, keys().filter((key) => key.state === state).length);
        }
      },
    });
  }

  /** All of it, in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

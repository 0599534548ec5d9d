import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type Key, keyStates } from "../keyring/index.ts";
import { currentTime } from "../time.ts";
import type { ProcessInfo } from "./status/process-info.ts";

/** A decided request, as the metrics count it. */
export interface DecisionSample {
  op: string;
  ok: boolean;
  reason?: string | undefined;
  format?: string | undefined;
  /** Milliseconds. */
  ms: number;
}

/** What is read at each scrape. */
export interface Watched {
  about: () => ProcessInfo;
  keys: () => readonly Pick<Key, "id" | "state">[];
  /** How many XMPP servers follow the feed. */
  followers: () => number;
}

/**
 * Creates a counter and returns the function that counts, by the values of its labels. The counts are kept
 * here, and handed to prom-client when they are read: it would hash the labels of each request.
 */
function createTally(
  registry: Registry,
  about: { name: string; help: string; labelNames: string[] },
): (...values: string[]) => void {
  const counts = new Map<string, { values: string[]; count: number }>();
  new Counter({
    ...about,
    registers: [registry],
    collect() {
      this.reset();
      for (const { values, count } of counts.values()) {
        const labels = about.labelNames.map((name, index) => [name, values[index] ?? ""]);
        this.inc(Object.fromEntries(labels), count);
      }
    },
  });
  return (...values) => {
    const key = values.join("\n");
    const counted = counts.get(key);
    if (counted) counted.count++;
    else counts.set(key, { values, count: 1 });
  };
}

/** Sampling interval of the event loop lag. */
const lagPrecisionMs = 100;

/** Prometheus metrics. Labels never contain user or host names, whose number is unlimited. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = createTally(this.#registry, {
    name: "mayfly_requests_total",
    help: "Requests decided, by operation and outcome; reason is empty where it was yes",
    labelNames: ["op", "outcome", "reason", "format"],
  });
  readonly #seconds = new Histogram({
    name: "mayfly_request_duration_seconds",
    help: "How long requests took to decide",
    labelNames: ["op"],
    buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
    registers: [this.#registry],
  });
  readonly #minted = createTally(this.#registry, {
    name: "mayfly_minted_total",
    help: "Credentials minted, by what they are for",
    labelNames: ["service"],
  });
  readonly #http = createTally(this.#registry, {
    name: "mayfly_http_requests_total",
    help: "HTTP requests answered, by route and status",
    labelNames: ["route", "status"],
  });
  readonly #started = new Gauge({
    name: "mayfly_start_time_seconds",
    help: "When the process started, in Unix seconds",
    registers: [this.#registry],
  });

  constructor() {
    this.#started.set(currentTime());
    collectDefaultMetrics({
      register: this.#registry,
      eventLoopMonitoringPrecision: lagPrecisionMs,
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts a decided request. */
  observe({ op, ok, reason = "", format = "", ms }: DecisionSample): void {
    this.#requests(op, ok ? "yes" : "no", reason, format);
    this.#seconds.observe({ op }, ms / 1000);
  }

  /** Counts a minted credential. */
  minted(service: string): void {
    this.#minted(service);
  }

  /** Counts an HTTP response. */
  answered(route: string, status: number): void {
    this.#http(route, String(status));
  }

  /** Adds metrics of the configuration and of the feed, read at each scrape. */
  watch({ about, keys, followers }: Watched): void {
    const registers = [this.#registry];
    new Gauge({
      name: "mayfly_feed_followers",
      help: "XMPP servers that follow the feed of revocations through this process",
      registers,
      collect() {
        this.set(followers());
      },
    });
    new Gauge({
      name: "mayfly_config_last_reload_successful",
      help: "Whether the last loading of the configuration succeeded",
      registers,
      collect() {
        this.set(about().loadError ? 0 : 1);
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
    new Gauge({
      name: "mayfly_key_written_timestamp_seconds",
      help: "When the file of a key's secret was written, in Unix seconds; only keys in files",
      labelNames: ["key", "state"],
      registers,
      collect() {
        this.reset(); // of keys that are there no more
        for (const { id, state } of keys()) {
          const writtenMs = about().writtenAt.get(id);
          if (writtenMs !== undefined) this.set({ key: id, state }, Math.floor(writtenMs / 1000));
        }
      },
    });
  }

  /** All metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

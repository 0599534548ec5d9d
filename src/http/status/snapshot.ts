import type { Store } from "../../store/index.ts";
import type { Trust } from "../../verify/index.ts";
import { type KeySummary, summarizeKeys } from "./key-summary.ts";
import type { LoginCounts, LoginStats, Minute, Refusal } from "./login-stats.ts";
import type { ProcessInfo } from "./process-info.ts";

/** Sources of a {@link StatusSnapshot}. */
export interface SnapshotOptions extends Trust {
  history: LoginStats;
  about: () => ProcessInfo;
}

/** Status of the process, as shown on `/status`. Times are in Unix seconds, durations in milliseconds. */
export interface StatusSnapshot {
  now: number;
  version: string;
  startedAt: number;
  config: {
    source: string;
    loadedAt: number;
    /** Why the last attempt to load the configuration failed; absent if it succeeded. */
    mistake?: { at: number; line: string };
  };
  /** Health of the store; absent if none is configured. */
  store?: { answers: boolean; ms: number };
  keys: KeySummary[];
  /** External issuers whose JWTs are accepted. */
  issuers: string[];
  /** Counts since the start. */
  total: LoginCounts;
  lastHour: LoginCounts;
  /** Counts per minute of the last hour; the last one is the current minute. */
  minutes: Minute[];
  /** The last refusals, the latest first. */
  refusals: readonly Refusal[];
}

/** Takes a snapshot of the current status. */
export async function takeSnapshot({
  history,
  about,
  keyring,
  store,
}: SnapshotOptions): Promise<StatusSnapshot> {
  const { version, source, loadedAt, loadError, writtenAt } = about();
  const { total, lastHour, minutes, refusals } = history;
  return {
    now: seconds(history.now),
    version,
    startedAt: seconds(history.startedAt),
    config: {
      source,
      loadedAt: seconds(loadedAt),
      ...(loadError && { mistake: { at: seconds(loadError.at), line: loadError.line } }),
    },
    ...(store && { store: await probe(store) }),
    keys: summarizeKeys(keyring, writtenAt),
    issuers: keyring.issuers.map(({ issuer }) => issuer),
    total,
    lastHour,
    minutes,
    refusals,
  };
}

/** Checks that a store answers, by a read. */
async function probe(store: Store): Promise<NonNullable<StatusSnapshot["store"]>> {
  const started = performance.now();
  const answers = await store.hasSeen("").then(
    () => true,
    () => false,
  );
  return { answers, ms: performance.now() - started };
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

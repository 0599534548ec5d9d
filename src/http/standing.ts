import type { Store } from "../store/index.ts";
import type { Trust } from "../verify/index.ts";
import type { About } from "./about.ts";
import type { History, Minute, Refusal, Tally } from "./history.ts";
import { type KeyFacts, keyFacts } from "./key-facts.ts";

/** What it takes to say how things stand. */
export interface StandingOptions extends Trust {
  history: History;
  about: () => About;
}

/** How things stand. Times are in Unix seconds, durations in milliseconds. */
export interface Standing {
  now: number;
  version: string;
  startedAt: number;
  config: {
    source: string;
    loadedAt: number;
    /** Why the last loading failed, where it did. */
    mistake?: { at: number; line: string };
  };
  /** Absent where none is configured. */
  store?: { answers: boolean; ms: number };
  keys: KeyFacts[];
  /** The issuers whose JWTs are good here. */
  issuers: string[];
  /** Since the start. */
  total: Tally;
  lastHour: Tally;
  /** Of the last hour, the one that is not over yet last. */
  minutes: Minute[];
  /** The latest first. */
  refusals: readonly Refusal[];
}

/** How things stand now. */
export async function standingOf({
  history,
  about,
  keyring,
  store,
}: StandingOptions): Promise<Standing> {
  const { version, source, loadedAt, mistake, writtenAt } = about();
  const { total, lastHour, minutes, refusals } = history;
  return {
    now: seconds(history.now),
    version,
    startedAt: seconds(history.startedAt),
    config: {
      source,
      loadedAt: seconds(loadedAt),
      ...(mistake && { mistake: { at: seconds(mistake.at), line: mistake.line } }),
    },
    ...(store && { store: await asked(store) }),
    keys: keyFacts(keyring, writtenAt),
    issuers: keyring.issuers.map(({ issuer }) => issuer),
    ...{ total, lastHour, minutes, refusals },
  };
}

/** Whether a store answers, by a question that changes nothing. */
async function asked(store: Store): Promise<NonNullable<Standing["store"]>> {
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

import type { Comparison } from "./comparison.ts";
import type { Driver } from "./driver.ts";

/** What a measure has to work with. */
export interface Bench {
  driver: Driver;
  /** Gone afterwards. */
  folder: string;
  /** How many times as long as usual. */
  effort: number;
  /** How many revocations there are in the fullest store. */
  revocations: number;
  say(line: string): void;
}

/** Measures one thing. */
export type Measure = (bench: Bench) => Promise<Comparison[]>;

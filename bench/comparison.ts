/** What was measured of several things by turns, in one unit: a value a round under each name. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/** One thing beside the one that it is measured against. */
export interface Row {
  name: string;
  /** The median of all rounds. */
  value: number;
  /** The median, and the quarters around it, of its ratio to the other in the same round. */
  ratio: number;
  low: number;
  high: number;
}

/** What is measured, against what, and what must come out. */
export interface Comparison {
  title: string;
  unit: string;
  against: string;
  rows: Row[];
  /** The most that a ratio may be. */
  limits: Record<string, number>;
}

/** Puts each thing beside one of them, round by round. */
export function compare(
  title: string,
  unit: string,
  samples: Samples,
  limits: Record<string, number> = {},
  against: string = [...samples.keys()][0] ?? "",
): Comparison {
  const base = samples.get(against) ?? [];
  const rows = [...samples].map(([name, values]) => {
    const ratios = values.map((value, round) => value / (base[round] ?? Number.NaN));
    return {
      name,
      value: quantile(values, 0.5),
      ratio: quantile(ratios, 0.5),
      low: quantile(ratios, 0.25),
      high: quantile(ratios, 0.75),
    };
  });
  return { title, unit, against, rows, limits };
}

/** Whether a ratio is what it must be; `undefined` where it may be anything. */
export function isKept({ limits }: Comparison, { name, ratio }: Row): boolean | undefined {
  const limit = limits[name];
  if (limit === undefined) return undefined;
  return ratio <= limit;
}

/** The value below which a part of the values are. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

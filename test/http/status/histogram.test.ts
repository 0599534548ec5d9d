import { expect, test } from "vitest";
import { LatencyHistogram } from "../../../src/http/status/histogram.ts";
import { Random } from "../../support/data/random.ts";

function of(times: readonly number[]): LatencyHistogram {
  const latency = new LatencyHistogram();
  for (const ms of times) latency.add(ms);
  return latency;
}

test("a quantile is what sorting would give, to a twentieth", () => {
  const random = new Random(8);
  for (const spread of [1, 10, 1000]) {
    const times = Array.from({ length: 999 }, () => 0.02 * spread ** (2 * random.next()));
    const sorted = [...times].sort((one, other) => one - other);
    const latency = of(times);
    for (const share of [0.01, 0.5, 0.95, 0.99, 1]) {
      const exact = sorted[Math.ceil(share * times.length) - 1] as number;
      expect(latency.quantile(share) / exact).toBeGreaterThan(0.95);
      expect(latency.quantile(share) / exact).toBeLessThan(1.05);
    }
    expect(latency.max).toBe(sorted.at(-1));
  }
});

test("no time is too short or too long for it", () => {
  expect(of([0, 0]).quantile(0.5)).toBe(0);
  expect(of([60_000]).max).toBe(60_000);
  expect(of([0.0001, 60_000]).quantile(0.5)).toBeLessThan(0.01);
});

test("of nothing it is 0, as before, so once it is cleared", () => {
  const latency = of([3]);
  latency.clear();
  expect([latency.quantile(0.95), latency.max]).toEqual([0, 0]);
  expect([new LatencyHistogram().quantile(0.95), new LatencyHistogram().max]).toEqual([0, 0]);
});

test("two are taken together", () => {
  const latency = of([1, 1, 1]);
  latency.include(of([100]));
  expect(latency.max).toBe(100);
  expect(latency.quantile(0.75)).toBeLessThan(1.05);
  expect(latency.quantile(1)).toBeGreaterThan(95);
});

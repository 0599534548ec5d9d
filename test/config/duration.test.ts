import { expect, test } from "vitest";
import { parseDuration } from "../../src/config/index.ts";

test.each([
  ["90", 90],
  ["90s", 90],
  ["10m", 600],
  ["24h", 86_400],
  ["7d", 604_800],
  ["0s", 0],
])("%s is %i seconds", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(["", "m", "-5m", "1.5h", "10 m", "10min", "1w", "1h30m", "9999999999"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

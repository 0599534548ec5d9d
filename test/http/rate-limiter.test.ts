import { expect, test } from "vitest";
import { RateLimiter } from "../../src/http/rate-limiter.ts";

const minute = 60_000;

/** How many of some requests, all made at once, are let through. */
function passed(limiter: RateLimiter, caller: string, at: number, requests = 100): number {
  return Array.from({ length: requests }, () => limiter.take(caller, at)).filter((it) => it === 0)
    .length;
}

test("lets a minute's worth through at once, and then so many a minute", () => {
  const limiter = new RateLimiter(60);
  expect(passed(limiter, "alice", 0)).toBe(60);
  expect(passed(limiter, "alice", 10_000)).toBe(10);
  expect(passed(limiter, "alice", minute)).toBe(50);
  expect(passed(limiter, "alice", 100 * minute)).toBe(60);
});

test("counts each caller for himself", () => {
  const limiter = new RateLimiter(2);
  expect(passed(limiter, "alice", 0)).toBe(2);
  expect(passed(limiter, "bob", 0)).toBe(2);
});

test("says when to come back, and means it", () => {
  const limiter = new RateLimiter(2);
  passed(limiter, "alice", 0);
  expect(limiter.take("alice", 0)).toBe(30);
  expect(limiter.take("alice", 20_000)).toBe(10);
  expect(limiter.take("alice", 29_999)).toBe(1);
  expect(limiter.take("alice", 30_000)).toBe(0);
});

test("forgets who has not asked for longest, where there are too many", () => {
  const limiter = new RateLimiter(1);
  for (let number = 0; number <= 10_000; number++) limiter.take(`caller ${number}`, 0);
  expect(limiter.take("caller 10000", 0)).toBe(60);
  expect(limiter.take("caller 0", 0)).toBe(0);
});

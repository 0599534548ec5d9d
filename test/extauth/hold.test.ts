import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createHold } from "../../src/extauth/hold.ts";
import { type Decision, refused } from "../../src/verify/types.ts";

const accepted: Decision = {
  ok: true,
  user: "alice",
  host: "example.org",
  expiresAt: 1893456000,
  key: "north",
  format: "mojoauth",
};
const login = { user: "alice", host: "example.org", password: "a password" };
const holdMs = 5000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** A store that is down from the start for so long, and how long each login is held. */
function outage(downMs: number, hold = createHold(holdMs)) {
  const upAt = performance.now() + downMs;
  const verify = vi.fn(async () =>
    performance.now() < upAt ? refused("store-unavailable") : accepted,
  );
  const logIn = async () => {
    const started = performance.now();
    const { ok } = await hold({ verify }, login);
    return { ok, ms: performance.now() - started };
  };
  return { verify, logIn };
}

async function after<T>(login: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(holdMs);
  return login;
}

test("a login waits while the store comes back, and is accepted then", async () => {
  const { logIn } = outage(3000);
  const { ok, ms } = await after(logIn());
  expect(ok).toBe(true);
  expect(ms).toBeGreaterThanOrEqual(3000);
  expect(ms).toBeLessThan(3500);
});

test("a login is refused once that takes too long", async () => {
  expect(await after(outage(60_000).logIn())).toEqual({ ok: false, ms: holdMs });
});

test("an outage holds up no more than 15 s of logins, one after the other; the next one does again", async () => {
  const hold = createHold(holdMs);
  const { logIn } = outage(60_000, hold);
  const held: number[] = [];
  for (let count = 0; count < 10; count++) held.push((await after(logIn())).ms);
  expect(held.slice(0, 3)).toEqual([holdMs, holdMs, holdMs]);
  expect(held.slice(3).every((ms) => ms === 0)).toBe(true);

  expect(await after(outage(0, hold).logIn())).toEqual({ ok: true, ms: 0 });
  expect((await after(outage(1000, hold).logIn())).ok).toBe(true);
});

test("an outage that ended unseen is over", async () => {
  const hold = createHold(holdMs);
  const { logIn } = outage(60_000, hold);
  for (let count = 0; count < 4; count++) await after(logIn());
  await vi.advanceTimersByTimeAsync(600_000);
  expect((await after(outage(1000, hold).logIn())).ok).toBe(true);
});

test.each([
  ["a wrong password", async () => refused("bad-signature")],
  ["a revoked one", async () => refused("revoked")],
  ["a missing configuration", () => refused("store-unavailable")],
])("%s is refused at once", async (_, decide) => {
  const verify = vi.fn<() => Decision | Promise<Decision>>(decide);
  expect(await createHold(holdMs)({ verify }, login)).toMatchObject({ ok: false });
  expect(verify).toHaveBeenCalledOnce();
});

test("nothing is held back for a server that cannot wait", async () => {
  const { logIn, verify } = outage(1000, createHold(0));
  expect(await logIn()).toEqual({ ok: false, ms: 0 });
  expect(verify).toHaveBeenCalledOnce();
});

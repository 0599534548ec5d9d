import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type MintedCredential, mayfly } from "../../src/client/index.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => void vi.useRealTimers());

test("a thousand clients that reconnect at once mint once each, and not in the same moment", async () => {
  const minted: number[] = [];
  const mint = async (): Promise<MintedCredential> => {
    minted.push(performance.now());
    return { username: "alice", password: "1:x", ttl: 600, expires: 600 };
  };
  const clients = Array.from({ length: 1000 }, () => mayfly({ mint }));
  const logInAll = async () => {
    const authenticate = vi.fn(async () => {});
    const logins = clients.map(({ credentials }) =>
      credentials(authenticate, ["PLAIN"], null, { isSecure: () => true }),
    );
    await vi.advanceTimersByTimeAsync(1000);
    await Promise.all(logins);
    expect(authenticate).toHaveBeenCalledTimes(1000);
    return minted.splice(0);
  };

  const first = await logInAll();
  expect(first).toHaveLength(1000);
  expect(await logInAll()).toHaveLength(0); // what they have is good

  await vi.advanceTimersByTimeAsync(600_000);
  const times = await logInAll();
  expect(times).toHaveLength(1000);
  const start = Math.min(...times);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const time of times)
    tenths[Math.floor((time - start) / 100)] = (tenths[Math.floor((time - start) / 100)] ?? 0) + 1;
  for (const count of tenths) {
    expect(count).toBeGreaterThan(40); // of 100, give or take 9
    expect(count).toBeLessThan(170);
  }
});

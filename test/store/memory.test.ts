import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Entry } from "../../src/store/connection.ts";
import { openStore } from "../../src/store/index.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { describeStore } from "../support/store/store-contract.ts";

describeStore("memory", { open: () => openStore("memory"), shared: false });

describe("what a store in memory holds", () => {
  const start = 1_800_000_000;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: start * 1000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("goes when it has expired, though nobody looks it up", async () => {
    const entries = new Map<string, Entry>();
    const store = memoryStore(entries);
    for (let index = 0; index < 1000; index++) {
      await store.revoke(`short ${index}`, start + 10);
      await store.revoke(`long ${index}`, start + 100);
    }
    expect(entries.size).toBe(2000);
    vi.setSystemTime((start + 11) * 1000);
    expect(await store.getStatus("short 999", "alice@example.com")).toEqual({ revoked: false });
    for (let index = 0; index < 1000; index++)
      await store.getStatus("another", "alice@example.com");
    expect(entries.size).toBe(1000);
    expect(await store.getStatus("long 999", "alice@example.com")).toEqual({ revoked: true });
  });

  test("does not grow where as much expires as comes in", async () => {
    const entries = new Map<string, Entry>();
    const store = memoryStore(entries);
    let largest = 0;
    for (let index = 0; index < 20_000; index++) {
      vi.setSystemTime(start * 1000 + index * 10);
      await store.claim(`${index}`, start + Math.floor(index / 100) + 10); // a thousand at a time
      largest = Math.max(largest, entries.size);
    }
    expect(largest).toBeLessThan(2000);
  });
});

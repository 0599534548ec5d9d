import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { StoreConnection } from "../../src/store/connection.ts";
import { ResilientStore } from "../../src/store/resilient-store.ts";

/** A session that answers as it is told. */
function session(read: StoreConnection["read"]): StoreConnection & { ended: boolean } {
  return {
    alive: true,
    ended: false,
    read,
    upsert: async () => {},
    claim: async () => true,
    append: async () => {},
    readLog: async () => ({ log: "", position: "", records: [] }),
    putMember: async () => {},
    listMembers: async () => [],
    async end() {
      this.ended = true;
    },
  };
}

const fails = () => session(() => Promise.reject(new Error("out of order")));
const hangs = () => session(() => new Promise(() => {}));
const works = () => session(async (keys) => keys.map(() => undefined));

describe("a ledger", () => {
  let made: (StoreConnection & { ended: boolean })[];
  let make: () => StoreConnection & { ended: boolean };
  let ledger: ResilientStore;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    made = [];
    ledger = new ResilientStore({
      name: "nowhere",
      timeoutMs: 2000,
      connect: () => {
        const one = make();
        made.push(one);
        return one;
      },
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const look = () => ledger.getStatus("one", "alice@example.com");
  const code = "ERR_STORE";

  test("keeps to one session while it works", async () => {
    make = works;
    await look();
    await look();
    expect(made).toHaveLength(1);
  });

  test("says where and why it cannot answer", async () => {
    make = fails;
    const cause = expect.objectContaining({ message: "out of order" });
    const message = "the store nowhere: out of order";
    await expect(look()).rejects.toMatchObject({ code, message, cause });
  });

  test("waits for an answer so long and no longer", async () => {
    make = hangs;
    const refusal = expect(look()).rejects.toMatchObject({ code });
    await vi.advanceTimersByTimeAsync(2000);
    await refusal;
    expect(made[0]?.ended).toBe(true);
  });

  test("leaves a place alone for a second that never answered, then tries again", async () => {
    make = fails;
    for (let count = 0; count < 10; count++) await expect(look()).rejects.toMatchObject({ code });
    expect(made).toHaveLength(1);
    make = works;
    await vi.advanceTimersByTimeAsync(1000);
    expect(await look()).toEqual({ revoked: false });
    expect(made).toHaveLength(2);
  });

  test("begins anew at once after a session that has answered", async () => {
    make = works;
    await look();
    Object.assign(made[0] as StoreConnection, { read: fails().read });
    await expect(look()).rejects.toMatchObject({ code });
    expect(await look()).toEqual({ revoked: false });
    expect(made).toHaveLength(2);
  });

  test("does not ask a session that is known to be over", async () => {
    make = works;
    await look();
    Object.assign(made[0] as StoreConnection, { alive: false, read: fails().read });
    expect(await look()).toEqual({ revoked: false });
    expect(made).toHaveLength(2);
  });

  test("ends no session for the failure of one before it", async () => {
    make = hangs;
    const late = expect(look()).rejects.toMatchObject({ code });
    await vi.advanceTimersByTimeAsync(1000);
    Object.assign(made[0] as StoreConnection, { alive: false });
    make = works;
    await look();
    await vi.advanceTimersByTimeAsync(1000);
    await late;
    expect(made.map(({ ended }) => ended)).toEqual([true, false]);
    expect(await look()).toEqual({ revoked: false });
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Ledger } from "../../src/store/ledger.ts";
import type { Session } from "../../src/store/session.ts";

/** A session that answers as it is told. */
function session(read: Session["read"]): Session & { ended: boolean } {
  return {
    alive: true,
    ended: false,
    read,
    keep: async () => {},
    claim: async () => true,
    async end() {
      this.ended = true;
    },
  };
}

const fails = () => session(() => Promise.reject(new Error("out of order")));
const hangs = () => session(() => new Promise(() => {}));
const works = () => session(async (keys) => keys.map(() => undefined));

describe("a ledger", () => {
  let made: (Session & { ended: boolean })[];
  let make: () => Session & { ended: boolean };
  let ledger: Ledger;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    made = [];
    ledger = new Ledger({
      name: "nowhere",
      patience: 2000,
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

  const look = () => ledger.look("one", "alice@example.com");
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
    Object.assign(made[0] as Session, { read: fails().read });
    await expect(look()).rejects.toMatchObject({ code });
    expect(await look()).toEqual({ revoked: false });
    expect(made).toHaveLength(2);
  });

  test("does not ask a session that is known to be over", async () => {
    make = works;
    await look();
    Object.assign(made[0] as Session, { alive: false, read: fails().read });
    expect(await look()).toEqual({ revoked: false });
    expect(made).toHaveLength(2);
  });

  test("ends no session for the failure of one before it", async () => {
    make = hangs;
    const late = expect(look()).rejects.toMatchObject({ code });
    await vi.advanceTimersByTimeAsync(1000);
    Object.assign(made[0] as Session, { alive: false });
    make = works;
    await look();
    await vi.advanceTimersByTimeAsync(1000);
    await late;
    expect(made.map(({ ended }) => ended)).toEqual([true, false]);
    expect(await look()).toEqual({ revoked: false });
  });
});

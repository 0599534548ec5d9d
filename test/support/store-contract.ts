import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Store } from "../../src/store/index.ts";

/** How to come by a store. */
export interface Kind {
  open(): Promise<Store>;
  /** Whether all that are opened are one. */
  shared: boolean;
}

const start = 1_800_000_000;

/** What every store keeps to. */
export function describeStore(name: string, { open, shared }: Kind): void {
  describe(`a store in ${name}`, () => {
    let store: Store;
    let [one, other, alice, bob] = ["", "", "", ""];
    let tests = 0;

    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["Date"], now: start * 1000 });
      tests++;
      [one, other] = [`one ${tests}`, `other ${tests}`];
      [alice, bob] = [`alice@${tests}.example`, `bob@${tests}.example`];
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    /** Moves the clock to so many seconds after the start. */
    function pass(seconds: number): void {
      vi.setSystemTime((start + seconds) * 1000);
    }

    test("knows nothing of what it was not told", async () => {
      expect(await store.look(one, alice)).toEqual({ revoked: false });
      expect(await store.hasSeen(alice)).toBe(false);
    });

    test("revokes one credential alone", async () => {
      await store.revoke(one, start + 60);
      expect(await store.look(one, alice)).toEqual({ revoked: true });
      expect(await store.look(other, alice)).toEqual({ revoked: false });
    });

    test("revokes what one user was given, whatever the credential", async () => {
      await store.revokeUser(alice, start, start + 60);
      const known = { revoked: false, userRevokedAt: start };
      expect(await store.look(one, alice)).toEqual(known);
      expect(await store.look(other, alice)).toEqual(known);
      expect(await store.look(one, bob)).toEqual({ revoked: false });
    });

    test("keeps the later of two revocations of a user", async () => {
      await store.revokeUser(alice, start + 10, start + 60);
      await store.revokeUser(alice, start + 5, start + 50);
      expect(await store.look(one, alice)).toMatchObject({ userRevokedAt: start + 10 });
      await store.revokeUser(alice, start + 20, start + 70);
      expect(await store.look(one, alice)).toMatchObject({ userRevokedAt: start + 20 });
    });

    test("keeps the latest of many revocations of a user at once", async () => {
      const times = Array.from({ length: 50 }, (_, index) => start + ((index * 7) % 50));
      await Promise.all(times.map((at) => store.revokeUser(alice, at, start + 60)));
      expect(await store.look(one, alice)).toMatchObject({ userRevokedAt: start + 49 });
    });

    test("forgets a revocation after its last second", async () => {
      await store.revoke(one, start + 60);
      await store.revokeUser(alice, start, start + 60);
      pass(60.999);
      expect(await store.look(one, alice)).toEqual({ revoked: true, userRevokedAt: start });
      pass(61);
      expect(await store.look(one, alice)).toEqual({ revoked: false });
    });

    test("forgets no revocation sooner because of another", async () => {
      await store.revoke(one, start + 60);
      await store.revoke(one, start + 30);
      await store.revoke(other, start + 30);
      await store.revoke(other, start + 60);
      await store.revokeUser(alice, start, start + 60);
      await store.revokeUser(alice, start + 1, start + 30);
      pass(60);
      await store.see(bob); // a write may be what sweeps
      const known = { revoked: true, userRevokedAt: start + 1 };
      expect(await store.look(one, alice)).toEqual(known);
      expect(await store.look(other, alice)).toEqual(known);
    });

    test("lets the first claim through alone", async () => {
      expect(await store.claim(one, start + 60)).toBe(true);
      expect(await store.claim(one, start + 60)).toBe(false);
      expect(await store.claim(other, start + 60)).toBe(true);
      pass(60.999);
      expect(await store.claim(one, start + 60)).toBe(false);
    });

    test("lets one of many claims at once through", async () => {
      const claims = Array.from({ length: 50 }, () => store.claim(one, start + 60));
      expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
    });

    test("remembers for good who was seen", async () => {
      await store.see(alice);
      await store.see(alice);
      pass(10 * 365 * 86_400);
      expect(await store.hasSeen(alice)).toBe(true);
      expect(await store.hasSeen(bob)).toBe(false);
    });

    test("takes names of any length, and one name for different things", async () => {
      const names = ["", "é:\0\n ", "a".repeat(65_536), "b".repeat(65_536)];
      for (const each of names) {
        await store.revoke(each, start + 60);
        expect(await store.look(each, each)).toEqual({ revoked: true });
        expect(await store.hasSeen(each)).toBe(false);
        expect(await store.claim(each, start + 60)).toBe(true);
        expect(await store.look(one, each)).toEqual({ revoked: false });
      }
    });

    test("answers nothing once it is closed, and keeps what is shared", async () => {
      const closed = await open();
      await closed.revoke(one, start + 60);
      await closed.close();
      await closed.close();
      const error = await closed.look(one, alice).catch((it) => it);
      expect(error).toMatchObject({ name: "MayflyError", code: "ERR_STORE" });
      expect(await store.look(one, alice)).toEqual({ revoked: shared });
    });

    if (!shared) return;
    test("is one with another on the same place", async () => {
      const second = await open();
      try {
        await store.revoke(one, start + 60);
        expect(await second.look(one, alice)).toEqual({ revoked: true });
        await second.revokeUser(alice, start, start + 60);
        expect(await store.look(one, alice)).toMatchObject({ userRevokedAt: start });
        const claims = Array.from({ length: 100 }, (_, index) =>
          (index % 2 ? store : second).claim(one, start + 60),
        );
        expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
      } finally {
        await second.close();
      }
    });
  });
}

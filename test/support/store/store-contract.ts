import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Feed, FeedEvent, Store } from "../../../src/store/index.ts";

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

    /** Revokes what alice was given by then. */
    const revokeAlice = (issuedBy: number, until = start + 60, by = store) =>
      by.revokeUser(alice, { issuedBy, expiresBy: until }, until);

    /** Moves the clock to so many seconds after the start. */
    function pass(seconds: number): void {
      vi.setSystemTime((start + seconds) * 1000);
    }

    test("knows nothing of what it was not told", async () => {
      expect(await store.getStatus(one, alice)).toEqual({ revoked: false });
      expect(await store.hasSeen(alice)).toBe(false);
    });

    test("revokes one credential alone", async () => {
      await store.revoke(one, start + 60);
      expect(await store.getStatus(one, alice)).toEqual({ revoked: true });
      expect(await store.getStatus(other, alice)).toEqual({ revoked: false });
    });

    test("revokes what one user was given, whatever the credential", async () => {
      await store.revokeUser(alice, { issuedBy: start, expiresBy: start + 50 }, start + 60);
      const known = { revoked: false, user: { issuedBy: start, expiresBy: start + 50 } };
      expect(await store.getStatus(one, alice)).toEqual(known);
      expect(await store.getStatus(other, alice)).toEqual(known);
      expect(await store.getStatus(one, bob)).toEqual({ revoked: false });
    });

    test("keeps the later of each time of two revocations of a user", async () => {
      const revoke = (issued: number, expires: number, until: number) =>
        store.revokeUser(
          alice,
          { issuedBy: start + issued, expiresBy: start + expires },
          start + until,
        );
      const user = async () => (await store.getStatus(one, alice)).user;
      await revoke(10, 40, 60);
      await revoke(5, 30, 50);
      expect(await user()).toEqual({ issuedBy: start + 10, expiresBy: start + 40 });
      await revoke(5, 50, 60);
      expect(await user()).toEqual({ issuedBy: start + 10, expiresBy: start + 50 });
      await revoke(20, 30, 70);
      expect(await user()).toEqual({ issuedBy: start + 20, expiresBy: start + 50 });
    });

    test("keeps the latest of many revocations of a user at once", async () => {
      const times = Array.from({ length: 50 }, (_, index) => start + ((index * 7) % 50));
      await Promise.all(times.map((at) => revokeAlice(at)));
      expect(await store.getStatus(one, alice)).toMatchObject({ user: { issuedBy: start + 49 } });
    });

    test("forgets a revocation after its last second", async () => {
      await store.revoke(one, start + 60);
      await revokeAlice(start);
      pass(60.999);
      expect(await store.getStatus(one, alice)).toMatchObject({
        revoked: true,
        user: { issuedBy: start },
      });
      pass(61);
      expect(await store.getStatus(one, alice)).toEqual({ revoked: false });
    });

    test("forgets no revocation sooner because of another", async () => {
      await store.revoke(one, start + 60);
      await store.revoke(one, start + 30);
      await store.revoke(other, start + 30);
      await store.revoke(other, start + 60);
      await revokeAlice(start);
      await revokeAlice(start + 1, start + 30);
      pass(60);
      await store.markSeen(bob); // a write may be what sweeps
      const known = { revoked: true, user: { issuedBy: start + 1 } };
      expect(await store.getStatus(one, alice)).toMatchObject(known);
      expect(await store.getStatus(other, alice)).toMatchObject(known);
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
      await store.markSeen(alice);
      await store.markSeen(alice);
      pass(10 * 365 * 86_400);
      expect(await store.hasSeen(alice)).toBe(true);
      expect(await store.hasSeen(bob)).toBe(false);
    });

    describe("and its feed", () => {
      const feedOf = (it: Store = store) => it.feed as Feed;
      let cursor = "";

      beforeEach(async () => {
        for (let before: string | undefined; before !== cursor; ) {
          before = cursor;
          cursor = await behind(cursor);
        }
      });

      /** The cursor behind what there is. */
      async function behind(from: string): Promise<string> {
        return (await feedOf().read(from, 1000)).cursor;
      }

      async function events(from = cursor, max = 100): Promise<FeedEvent[]> {
        return (await feedOf().read(from, max)).items.map(({ event }) => event);
      }

      test("tells each revocation once, in order, with its id and reason", async () => {
        await store.revoke(one, start + 60, { id: "first", reason: "lost phone" });
        await revokeAlice(start);
        const [first, second, ...more] = await events();
        const credential = { type: "credential", credential: one };
        expect(first).toEqual({ ...credential, id: "first", at: start, reason: "lost phone" });
        const user = { type: "user", jid: alice, issuedBy: start, expiresBy: start + 60 };
        expect(second).toEqual({ ...user, id: expect.stringMatching(/^[\w-]{36}$/), at: start });
        expect(more).toEqual([]);
        cursor = await behind(cursor);
        expect(await events()).toEqual([]);
        expect(await behind(cursor)).toBe(cursor);
      });

      test("goes on behind the cursor of any event", async () => {
        const ids = Array.from({ length: 25 }, (_, index) => `${tests} ${index}`);
        await Promise.all(ids.map((id) => store.revoke(one, start + 60, { id })));
        const read: string[] = [];
        for (let at = cursor; ; ) {
          const { items } = await feedOf().read(at, 10);
          if (items.length === 0) break;
          for (const { event } of items.slice(0, 7)) read.push(event.id);
          at = items.slice(0, 7).at(-1)?.cursor as string;
        }
        expect([...read].sort()).toEqual([...ids].sort());
      });

      test.each(["", "unknown.1", ".", "unknown", "a.b.c", "x.9999999999999-0"])(
        "begins with the oldest event for the cursor %j",
        async (unknown) => {
          await store.revoke(one, start + 60, { id: "any" });
          const [oldest] = await events("");
          expect((await events(unknown))[0]).toEqual(oldest);
        },
      );

      test("keeps an event longer than the revocation, which counts no more", async () => {
        await store.revoke(one, start - 60, { id: `late ${tests}` });
        pass(86_400);
        expect(await store.getStatus(one, alice)).toEqual({ revoked: false });
        expect((await events())[0]).toMatchObject({ id: `late ${tests}`, credential: one });
      });

      test("asks for sessions, and keeps the first report of each server", async () => {
        await feedOf().ask(alice, `q ${tests}`);
        expect(await events()).toEqual([
          { id: `q ${tests}`, type: "sessions", jid: alice, at: start },
        ]);
        await feedOf().report(`q ${tests}`, "chat1", "one");
        await feedOf().report(`q ${tests}`, "chat1", "two");
        await feedOf().report(`q ${tests}`, "chat2", "three");
        const told = await feedOf().reports(`q ${tests}`);
        expect(Object.fromEntries(told)).toEqual({ chat1: "one", chat2: "three" });
        expect(await feedOf().reports("another")).toEqual(new Map());
      });

      test("links texts to a name, each once", async () => {
        await feedOf().link(`sub ${tests}`, alice);
        await feedOf().link(`sub ${tests}`, bob);
        await feedOf().link(`sub ${tests}`, alice);
        expect((await feedOf().linked(`sub ${tests}`)).sort()).toEqual([alice, bob].sort());
        expect(await feedOf().linked("another")).toEqual([]);
        pass(29 * 86_400);
        expect(await feedOf().linked(`sub ${tests}`)).toHaveLength(2);
      });

      test("keeps the last note about each server", async () => {
        await feedOf().announce(`chat ${tests}`, "old");
        await feedOf().announce(`chat ${tests}`, "new");
        expect((await feedOf().servers()).get(`chat ${tests}`)).toBe("new");
      });
    });

    test("takes names of any length, and one name for different things", async () => {
      const names = ["", "é:\0\n ", "a".repeat(65_536), "b".repeat(65_536)];
      for (const each of names) {
        await store.revoke(each, start + 60);
        expect(await store.getStatus(each, each)).toEqual({ revoked: true });
        expect(await store.hasSeen(each)).toBe(false);
        expect(await store.claim(each, start + 60)).toBe(true);
        expect(await store.getStatus(one, each)).toEqual({ revoked: false });
      }
    });

    test("answers nothing once it is closed, and keeps what is shared", async () => {
      const closed = await open();
      await closed.revoke(one, start + 60);
      await closed.close();
      await closed.close();
      const error = await closed.getStatus(one, alice).catch((it) => it);
      expect(error).toMatchObject({ name: "MayflyError", code: "ERR_STORE" });
      expect(await store.getStatus(one, alice)).toEqual({ revoked: shared });
    });

    if (!shared) return;
    test("is one with another on the same place", async () => {
      const second = await open();
      try {
        await store.revoke(one, start + 60);
        expect(await second.getStatus(one, alice)).toEqual({ revoked: true });
        await revokeAlice(start, start + 60, second);
        expect(await store.getStatus(one, alice)).toMatchObject({ user: { issuedBy: start } });
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

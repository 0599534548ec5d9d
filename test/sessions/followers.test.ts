import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Followers, type FollowersOptions } from "../../src/sessions/index.ts";
import { collectReports } from "../../src/sessions/reports.ts";
import { type Feed, openStore, type Store } from "../../src/store/index.ts";
import { until } from "../support/until.ts";

const soon = Math.floor(Date.now() / 1000) + 3600;
const example = "example.com";

let store: Store;
const running: Followers[] = [];
const warn = vi.fn();

beforeEach(async () => {
  store = await openStore("memory");
  warn.mockClear();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((followers) => followers.close()));
});

function start(options: Partial<FollowersOptions> = {}): Followers {
  const times = { pollMs: 5, holdMs: 50, graceMs: 10_000 };
  const followers = new Followers({ feed: () => store.feed, warn, ...times, ...options });
  running.push(followers);
  return followers;
}

/** A server that follows: what it has heard of. */
function follower(followers: Followers, server = "chat1", hosts = [example]) {
  const heard: string[] = [];
  let cursor = "";
  return {
    heard,
    async follow(): Promise<string[]> {
      const answer = await followers.follow({ server, hosts, cursor });
      if (answer === "no-feed") throw new Error(answer);
      const { cursor: next, events } = JSON.parse(answer.json);
      cursor = next;
      const ids = events.map((event: { id: string }) => event.id);
      heard.push(...ids);
      return ids;
    },
  };
}

const revoke = (id: string, jid = `alice@${example}`) =>
  store.revokeUser(jid, { issuedBy: soon, expiresBy: soon }, soon, { id });

describe("servers that follow", () => {
  test("hear of every event once, in order, whenever it comes", async () => {
    const followers = start();
    const servers = ["a", "b", "c"].map((name) => follower(followers, name));
    const ids = Array.from({ length: 300 }, (_, index) => `${index}`);
    let isOver = false;
    const following = servers.map(async ({ follow, heard }) => {
      while (!isOver || heard.length < ids.length) await follow();
    });
    for (const id of ids) {
      await revoke(id);
      if (Math.random() < 0.3) await new Promise((done) => setTimeout(done, Math.random() * 8));
    }
    isOver = true;
    await Promise.all(following);
    for (const { heard } of servers) expect(heard).toEqual(ids);
  });

  test("hear of no event of another host's users, and wait on behind it", async () => {
    const followers = start();
    const [one, other] = [follower(followers), follower(followers, "chat2", ["other.example"])];
    await Promise.all([one.follow(), other.follow()]);
    const waiting = other.follow();
    await revoke("hers");
    expect(await one.follow()).toEqual(["hers"]);
    expect(await waiting).toEqual([]);
    await revoke("theirs", "bob@other.example");
    await store.revoke("mac:x", soon, { id: "anybody's" });
    expect(await other.follow()).toEqual(["theirs", "anybody's"]);
    expect(await one.follow()).toEqual(["anybody's"]);
  });

  test("get no more at once than fits into a frame, and nothing that never would", async () => {
    const reason = "€".repeat(300);
    const write = (id: string, jid: string) =>
      store.revokeUser(jid, { issuedBy: soon, expiresBy: soon }, soon, { id, reason });
    for (let index = 0; index < 100; index++) await write(`${index}`, `alice@${example}`);
    await write("too long", `${"a".repeat(60_000)}@${example}`);
    await write("last", `alice@${example}`);
    const followers = start();
    let cursor = "";
    const ids: string[] = [];
    while (ids.at(-1) !== "last") {
      const answer = await followers.follow({ server: "chat1", hosts: [example], cursor });
      const { json } = answer as { json: string };
      expect(Buffer.byteLength(json)).toBeLessThan(60_000);
      const { events, cursor: next } = JSON.parse(json);
      ids.push(...events.map(({ id }: { id: string }) => id));
      cursor = next;
    }
    expect(ids).toEqual([...Array.from({ length: 100 }, (_, index) => `${index}`), "last"]);
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ id: "too long" }),
      expect.any(String),
    );
  });

  test("are told that they cannot be answered while the store is away, and miss nothing", async () => {
    const followers = start();
    const server = follower(followers);
    await server.follow();
    const { feed } = store as { feed: NonNullable<Store["feed"]> };
    const { read } = feed;
    const held = server.follow().then(
      () => "answered",
      () => "failed",
    );
    feed.read = () => Promise.reject(new Error("away"));
    expect(await held).toBe("failed");
    await expect(server.follow()).rejects.toThrow("away");
    await revoke("meanwhile");
    feed.read = read;
    expect(await server.follow()).toEqual(["meanwhile"]);
  });

  test("hear of no old question for sessions", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    await store.feed?.ask(`alice@${example}`, "old");
    vi.advanceTimersByTime(180_000);
    await store.feed?.ask(`alice@${example}`, "new");
    const server = follower(start());
    expect(await server.follow()).toEqual(["new"]);
    vi.useRealTimers();
  });

  test("are answered at once when the process stops", async () => {
    const followers = start({ holdMs: 60_000 });
    const server = follower(followers);
    await revoke("first");
    await server.follow();
    const held = server.follow();
    await new Promise((done) => setTimeout(done, 20));
    await followers.close();
    expect(await held).toEqual([]);
  });
});

test("servers count while they follow, each once, and no longer", async () => {
  const followers = start({ graceMs: 2000 });
  expect(followers.count).toBe(0);
  for (const name of ["one", "one", "two"]) await follower(followers, name).follow();
  expect(followers.count).toBe(2);
  await until(() => followers.count === 0);
});

describe("who revokes", () => {
  test("is told of a server that has left, and of none that moved to another process", async () => {
    const one = start({ graceMs: 30 });
    const two = start({ graceMs: 60_000 });
    await follower(one, "gone").follow();
    await follower(one, "moved").follow();
    const moved = follower(two, "moved");
    await moved.follow();
    const states = async () =>
      Object.fromEntries(
        (await collectReports(store.feed as Feed, "x", { timeoutMs: 0 })).map(
          ({ server, state }) => [server, state],
        ),
      );
    await until(async () => (await states()).gone === "not-connected");
    expect(await states()).toEqual({ gone: "not-connected", moved: "silent" });
  });
});

import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, type Store } from "../../src/store/index.ts";
import { type Redis, startRedis } from "../support/servers/redis.ts";
import { raceForClaims, revokeElsewhere } from "../support/store/other-process.ts";
import { describeStore } from "../support/store/store-contract.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const now = () => Math.floor(Date.now() / 1000);

describeWith("redis")("with a Redis", () => {
  let redis: Redis;
  let url: string;
  let store: Store;

  beforeAll(async () => {
    redis = await startRedis();
    // Whoever may touch these keys alone has all that a store needs.
    await redis.ask("ACL SETUSER mayfly on >hunter2 ~mayfly:* +@all");
    url = redis.url.replace("//", "//mayfly:hunter2@");
    store = await openStore(url);
  });
  afterAll(async () => {
    await store?.close();
    await redis?.stop();
  });

  describeStore("Redis", { open: () => openStore(url), shared: true });

  const look = () => store.getStatus("one", "alice@example.com");
  const works = () => look().catch(() => false as const);

  /** How long a call took that was refused, in milliseconds. */
  async function refusal(): Promise<number> {
    const started = performance.now();
    await expect(look()).rejects.toMatchObject({ code: "ERR_STORE" });
    return performance.now() - started;
  }

  test("lets one of two processes have a claim", () => raceForClaims(url));

  test("refuses within a second what another process revokes", () => revokeElsewhere(url, store));

  test("loses an entry a minute after its end, by itself", async () => {
    await redis.ask("FLUSHALL");
    await store.revoke("one", now() - 58);
    await store.revokeUser("alice@example.com", { issuedBy: now(), expiresBy: now() }, now() - 58);
    await store.claim("one", now() - 58);
    const feed = 2; // its events stay for a week
    expect(await redis.ask("DBSIZE")).toBe(`:${3 + feed}`);
    expect(await look()).toEqual({ revoked: false });
    expect(await until(async () => (await redis.ask("DBSIZE")) === `:${feed}`)).toBe(true);
  });

  test("takes a revocation of an earlier version to be of all that expires while it counts", async () => {
    const [jid, at, end] = ["alice@earlier.example", now(), now() + 60];
    const key = `mayfly:user:${createHash("sha256").update(jid).digest("base64url")}`;
    await redis.ask(`SET ${key} "${at} ${end}"`);
    const user = { issuedBy: at, expiresBy: end };
    expect(await store.getStatus("one", jid)).toEqual({ revoked: false, user });
    await store.revokeUser(jid, { issuedBy: at + 1, expiresBy: at + 2 }, end);
    expect((await store.getStatus("one", jid)).user).toEqual({ issuedBy: at + 1, expiresBy: end });
  });

  test("revokes also as a user who may not write the feed, as before there was one", async () => {
    const commands = "+hello +auth +select +ping +mget +get +set +eval";
    await redis.ask(`ACL SETUSER earlier on >hunter2 resetkeys ~mayfly:* -@all ${commands}`);
    const other = await openStore(url.replace("mayfly:", "earlier:"));
    await other.revoke("one of earlier", now() + 60);
    await other.revokeUser(
      "earlier@example.com",
      { issuedBy: now(), expiresBy: now() },
      now() + 60,
    );
    const status = await store.getStatus("one of earlier", "earlier@example.com");
    expect(status).toMatchObject({ revoked: true, user: {} });
    await expect(other.feed?.servers()).rejects.toMatchObject({ code: "ERR_STORE" });
    await other.close();
  });

  test("keeps to its database", async () => {
    const other = await openStore(`${url}/1`);
    await other.revoke("one", now() + 60);
    expect(await other.getStatus("one", "alice@example.com")).toEqual({ revoked: true });
    expect(await look()).toEqual({ revoked: false });
    await other.close();
  });

  test("says that a password is wrong, and not which", async () => {
    const other = await openStore(url.replace("hunter2", "hunter3"));
    const error = await other.getStatus("one", "alice@example.com").catch((it) => it);
    await other.close();
    expect(error).toMatchObject({ code: "ERR_STORE" });
    expect(error.message).toContain("WRONGPASS");
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("hunter");
  });

  test("does not notice a restart while nobody asked", async () => {
    await look();
    await redis.stop();
    await redis.start();
    await redis.ask("ACL SETUSER mayfly on >hunter2 ~mayfly:* +@all");
    expect(await look()).toEqual({ revoked: false });
  });

  test("refuses quickly while Redis is down, and works again once it is up", async () => {
    await look();
    await redis.stop();
    expect(await refusal()).toBeLessThan(2500);
    expect(await refusal()).toBeLessThan(2500);
    await redis.start();
    await redis.ask("ACL SETUSER mayfly on >hunter2 ~mayfly:* +@all");
    expect(await until(works)).toEqual({ revoked: false });
  });

  test("refuses quickly while Redis hangs, and works again once it goes on", async () => {
    await look();
    redis.signal("SIGSTOP");
    expect(await refusal()).toBeLessThan(2500);
    const refusals = await Promise.all(Array.from({ length: 50 }, refusal)); // nobody queues
    expect(Math.max(...refusals)).toBeLessThan(2500);
    redis.signal("SIGCONT");
    expect(await until(works)).toEqual({ revoked: false });
  });

  test("is no trouble for a call that is under way when Redis dies", async () => {
    await look();
    redis.signal("SIGSTOP");
    const refused = Promise.all(Array.from({ length: 50 }, refusal));
    await redis.stop();
    expect(Math.max(...(await refused))).toBeLessThan(2500);
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import type { RawLogin } from "../support/clients/raw-login.ts";
import { flipBit } from "../support/data/bit-flips.ts";
import { type Pool, startPool } from "../support/servers/worker-pool.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [
  { id: "north", secret: "the secret of the storm" },
  { id: "jwt", secret: "the secret of its JWTs", algorithm: "HS256" },
];
const keyring = new Keyring(keys);
const host = "example.org";
const timeout = 180_000;

interface Attempt extends RawLogin {
  isGood: boolean;
}

/** What happened when, in milliseconds. */
interface Span {
  from: number;
  to: number;
}

interface Attempted extends Attempt, Span {
  outcome: string;
}

describeWith("ejabberd")("a pool of two programs", () => {
  let pool: Pool;

  beforeAll(async () => {
    pool = await startPool(host, stringify({ keys }));
  });
  afterAll(() => pool?.stop());

  test("decides 2000 logins, from 20 at once, as they deserve", {
    timeout,
  }, async () => {
    const attempts = await storm(pool, (asked) => asked >= 2000);
    expect(attempts.filter(isWrong)).toEqual([]);
    expect(attempts.length).toBeGreaterThanOrEqual(2000);
  });

  test("accepts nothing wrong while its programs are killed, and refuses only then", {
    timeout,
  }, async () => {
    let asked = 0;
    let isKilling = true;
    const [attempts, kills] = await Promise.all([
      storm(pool, (count) => {
        asked = count;
        return count >= 2000 && !isKilling;
      }),
      killByTurns(pool, 10, () => asked).finally(() => {
        isKilling = false;
      }),
    ]);
    const wrong = attempts.filter(isWrong);
    expect(wrong.filter(({ isGood }) => !isGood)).toEqual([]);
    expect(wrong.filter((it) => !kills.some((kill) => overlap(it, kill)))).toEqual([]);

    const after = await storm(pool, (asked) => asked >= 200);
    expect(after.filter(isWrong)).toEqual([]);
  });

  test("is left alone by a flood of passwords that are too long for it", async () => {
    const before = pool.workers();
    const flood = await atOnce(
      20,
      (nth) => nth >= 200,
      () => pool.outcome({ user: "eve", host, password: "x".repeat(70_000) }),
    );
    expect(new Set(flood)).toEqual(new Set(["policy-violation"]));
    expect(await pool.outcome(await attempt(0))).toBe("success");
    expect(pool.workers()).toEqual(before);
  });
});

/** The nth login of a storm: every second one is good, the others are bad in turn. */
async function attempt(nth: number): Promise<Attempt> {
  const user = `user-${nth % 97}`;
  const own = await password(nth, `${user}@${host}`);
  if (nth % 2 === 0) return { user, host, password: own, isGood: true };
  const bad = [
    () => flipBit(own, own.length - 8),
    () => password(nth, `somebody@${host}`),
    () => password(nth, `${user}@other.example`),
    () => password(nth, `${user}@${host}`, -601),
  ][(nth >> 1) % 4];
  return { user, host, password: (await bad?.()) ?? "", isGood: false };
}

async function password(nth: number, jid: string, shift = 0): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const key = nth % 3 === 0 ? "jwt" : "north";
  return (await mint({ jid, ttl: 600, key }, { keyring, now: now + shift })).password;
}

/** Logs in, 20 at once, until it is over. */
function storm(pool: Pool, isOver: (asked: number) => boolean): Promise<Attempted[]> {
  return atOnce(20, isOver, async (nth) => {
    const login = await attempt(nth);
    const from = performance.now();
    const outcome = await pool.outcome(login);
    return { ...login, outcome, from, to: performance.now() };
  });
}

async function atOnce<T>(
  many: number,
  isOver: (asked: number) => boolean,
  ask: (nth: number) => Promise<T>,
): Promise<T[]> {
  const answers: T[] = [];
  let asked = 0;
  const one = async () => {
    while (!isOver(asked)) answers.push(await ask(asked++));
  };
  await Promise.all(Array.from({ length: many }, one));
  return answers;
}

/** Kills one program after the other; between two kills both have answered, and 100 logins pass. */
async function killByTurns(pool: Pool, kills: number, asked: () => number): Promise<Span[]> {
  const spans: Span[] = [];
  let workers = await pool.ready();
  while (spans.length < kills) {
    const victim = workers[spans.length % workers.length] as number;
    const from = performance.now();
    process.kill(victim, "SIGKILL");
    workers = await pool.ready(victim);
    spans.push({ from, to: performance.now() });
    const calm = asked() + 100;
    await until(() => asked() >= calm);
  }
  return spans;
}

function isWrong({ isGood, outcome }: Attempted): boolean {
  return outcome !== (isGood ? "success" : "not-authorized");
}

function overlap(a: Span, b: Span): boolean {
  return a.from < b.to && b.from < a.to;
}

import { beforeEach, describe, expect, test } from "vitest";
import { LoginStats } from "../../../src/http/status/login-stats.ts";

const minute = 60_000;
/** In the middle of a minute. */
const noon = Date.UTC(2026, 10, 22, 12) + 30_000;

let clock: number;
let history: LoginStats;
beforeEach(() => {
  clock = noon;
  history = new LoginStats(() => clock);
});

const accept = (ms = 1) => history.add({ op: "auth", ok: true, ms });
const refuse = (reason: string, more: object = {}) =>
  history.add({ op: "auth", ok: false, reason, ms: 1, ...more });

describe("the last hour", () => {
  test("is sixty minutes, of which this one is the last", () => {
    expect(history.minutes).toHaveLength(60);
    expect(history.minutes.at(-1)?.at).toBe((noon - 30_000) / 1000);
    expect(history.minutes[0]?.at).toBe((noon - 30_000 - 59 * minute) / 1000);
  });

  test("tells each minute's own", () => {
    accept();
    accept(8);
    clock += minute;
    refuse("expired");
    clock += 2 * minute;
    accept();
    const told = history.minutes
      .slice(-5)
      .map(({ accepted, refused, max }) => ({ accepted, refused, max }));
    expect(told).toEqual([
      { accepted: 0, refused: {}, max: 0 },
      { accepted: 2, refused: {}, max: 8 },
      { accepted: 0, refused: { expired: 1 }, max: 1 },
      { accepted: 0, refused: {}, max: 0 },
      { accepted: 1, refused: {}, max: 1 },
    ]);
    expect(history.lastHour).toMatchObject({ accepted: 3, refused: { expired: 1 }, max: 8 });
  });

  test("forgets what is older, also where its place is not needed again", () => {
    accept();
    clock += 59 * minute;
    expect(history.lastHour.accepted).toBe(1);
    clock += minute;
    expect(history.lastHour.accepted).toBe(0);
    expect(history.minutes.every(({ accepted }) => accepted === 0)).toBe(true);
    expect(history.total.accepted).toBe(1);
  });

  test("has none of the hour before in a place that is used again", () => {
    refuse("expired");
    accept(50);
    clock += 60 * minute;
    accept(2);
    expect(history.minutes.at(-1)).toMatchObject({ accepted: 1, max: 2 });
    expect(history.minutes.at(-1)?.refused).toEqual({});
    expect(history.total).toMatchObject({ accepted: 2, refused: { expired: 1 }, max: 50 });
  });

  test("is not confused by a clock that is set back", () => {
    accept();
    clock -= 3 * minute;
    accept();
    expect(history.minutes.at(-1)?.accepted).toBe(1);
    clock += 3 * minute;
    expect(history.lastHour.accepted).toBe(2);
  });
});

test("reasons come in the order of their number", () => {
  for (const reason of ["expired", "revoked", "revoked"]) refuse(reason);
  expect(Object.entries(history.total.refused)).toEqual([
    ["revoked", 2],
    ["expired", 1],
  ]);
});

test("only logins count, and what was sent for one", () => {
  for (const op of ["isuser", "removeuser", "mint", "user_exists", "setpass"]) {
    history.add({ op, ok: false, ms: 1 });
  }
  expect([history.total.accepted, history.total.refused]).toEqual([0, {}]);
  for (const op of ["auth", "check", "check_password", "lookup"]) {
    history.add({ op, ok: true, ms: 1 });
  }
  history.add({ op: "nonsense", ok: false, ms: 1 });
  expect(history.total).toMatchObject({ accepted: 4, refused: { nonsense: 1 } });
});

describe("the last refusals", () => {
  test("are the last twenty, the latest first, and nothing that was accepted", () => {
    for (let n = 0; n < 1000; n++) {
      refuse("expired", { user: `user${n}`, host: "example.com" });
      accept();
    }
    expect(history.refusals).toHaveLength(20);
    expect(history.refusals[0]).toEqual({
      ...{ at: Math.floor(noon / 1000), reason: "expired", user: "user999", host: "example.com" },
    });
    expect(history.refusals.at(-1)?.user).toBe("user980");
  });

  test("keep no more of a name than people read, and whole characters", () => {
    refuse("malformed", { user: "é💬".repeat(30_000), host: "" });
    const [refusal] = history.refusals;
    expect(refusal?.user).toBe(`${"é💬".repeat(64)}…`);
    expect(refusal).not.toHaveProperty("host");
  });

  test("keep what they are told to, and no password that came with it", () => {
    refuse("bad-signature", { password: "hunter2", jid: "x", error: new Error("hunter2") });
    expect(JSON.stringify(history.refusals)).not.toContain("hunter2");
  });
});

test("a login by SCRAM is one: its MAC is told, and then checked, or not told", () => {
  history.add({ op: "mac", ok: true, ms: 1 });
  history.add({ op: "check", ok: true, ms: 1 });
  history.add({ op: "mac", ok: false, reason: "expired", ms: 1 });
  expect(history.minutes.at(-1)).toMatchObject({ accepted: 1, refused: { expired: 1 } });
});

import { expect, test } from "vitest";
import type { DoctorContext } from "../../../src/doctor/checks/check.ts";
import { checkClock } from "../../../src/doctor/checks/clock.ts";
import { TestCredentials } from "../../../src/doctor/checks/test-credentials.ts";
import { Keyring } from "../../../src/keyring/index.ts";
import { host, keys } from "../../support/cli/doctor.ts";

const now = 1_800_000_000;

/** What is said of a server whose clock differs by some seconds, and the credentials afterwards. */
function compare(difference: number) {
  const credentials = new TestCredentials(host, { keyring: new Keyring(keys) }, () => now);
  const context: DoctorContext = {
    server: {
      target: { scheme: "ws", hostname: "localhost", port: 80, url: "ws://localhost" },
      host,
      deadline: 0,
    },
    user: "alice",
    credentials,
    kind: undefined,
    oauth: false,
    limitsFast: false,
    mechanisms: [],
    abilities: [],
  };
  const found = checkClock(context, new Date((now + difference) * 1000));
  return { found, credentials };
}

test.each([0, 4, -5])("a difference of %d s is that of the network", (difference) => {
  const { found, credentials } = compare(difference);
  expect(found).toEqual([]);
  expect(credentials.now).toBe(now);
});

test.each([
  [6, "warning", "6 s ahead of"],
  [-29, "warning", "29 s behind"],
  [30, "error", "30 s ahead of"],
  [-7200, "error", "7200 s behind"],
] as const)("a difference of %d s is a(n) %s", (difference, severity, words) => {
  const { found } = compare(difference);
  const what = `the server's clock is ${words} the one here`;
  expect(found).toEqual([{ code: "clock", what, overrides: { severity } }]);
});

test("credentials are then minted by the server's clock", async () => {
  const { credentials } = compare(-7200);
  const { expires } = await credentials.fresh("alice");
  expect(credentials.now).toBe(now - 7200);
  expect(expires).toBe(now - 7200 + 30);
});

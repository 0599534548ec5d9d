import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compare } from "../../bench/comparison.ts";
import { compileDriver, makeFolder } from "../../bench/driver.ts";
import { configure, keys, requestsFor, script, single } from "../../bench/fixtures.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

/**
 * How much more of the processor a request takes, with its line in the log, than with the plain script in
 * Node. (Against the C program that says yes without a look it is 3 on one processor, and 6 on another.)
 * What takes a fifth more is a mistake; what is gained may be written down here.
 */
const usual = 0.99;
const most = 1.2 * usual;

/**
 * The same where the program wakes for each request to cold caches, and both write a line for each decision.
 * By the processor's caches ours takes from 0.62 to 0.85, and is not to be the slower one on any.
 */
const mostWoken = 1;

const tries = 3;

describeWith("gcc", "libc")("the round trip of a request", () => {
  const folder = makeFolder();
  afterAll(() => rmSync(folder, { recursive: true }));

  test(`takes at most ${most.toFixed(2)} times the processor time of a plain script`, {
    timeout: 120_000,
  }, async () => {
    const driver = compileDriver(folder);
    const requests = await requestsFor(keys.mojoauth);
    const programs = [
      { name: "plain", command: script(process.execPath, "extauth.mjs"), requests },
      {
        name: "ours",
        command: single + configure(folder, "ours", { keys: [keys.mojoauth] }),
        requests,
      },
    ];
    const ratios: number[] = [];
    // A busy machine makes it slower now and then, never faster.
    while (ratios.length < tries && !ratios.some((ratio) => ratio <= most)) {
      const { cpu } = driver.turns(programs, { rounds: 31, batch: 1000 });
      ratios.push(compare("", "", cpu).rows[1]?.ratio ?? Number.NaN);
    }
    expect(Math.min(...ratios)).toBeLessThanOrEqual(most);
  });

  test("takes no more than that where it wakes for each", {
    timeout: 240_000,
  }, async () => {
    const driver = compileDriver(folder);
    const requests = await requestsFor(keys.mojoauth);
    const programs = [
      {
        name: "plain",
        command: script(process.execPath, "extauth.mjs", join(folder, "plain.log")),
        requests,
      },
      {
        name: "ours",
        command: single + configure(folder, "woken", { keys: [keys.mojoauth] }),
        requests,
      },
    ];
    const ratios: number[] = [];
    while (ratios.length < tries && !ratios.some((ratio) => ratio <= mostWoken)) {
      const { cpu } = driver.woken(programs, { rounds: 20, batch: 20, pauseMs: 2 });
      ratios.push(compare("", "", cpu).rows[1]?.ratio ?? Number.NaN);
    }
    expect(Math.min(...ratios)).toBeLessThanOrEqual(mostWoken);
  });
});

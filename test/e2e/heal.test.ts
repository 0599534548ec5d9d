import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type Pool, startPool } from "../support/servers/worker-pool.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret that is found at last" }];
const { password } = await mint({ jid: "alice@example.org" }, { keyring: new Keyring(keys) });
const alice = { user: "alice", host: "example.org", password };

describeWith("ejabberd")("a pool whose mayfly.yml is broken", () => {
  let pool: Pool;

  beforeAll(async () => {
    pool = await startPool("example.org", "keys: [{id: north}]");
  });
  afterAll(() => pool?.stop());

  test("stays and refuses, and accepts once the file is mended", async () => {
    const workers = pool.workers();
    for (let round = 0; round < 100; round++) {
      expect(await pool.outcome(alice)).toBe("not-authorized");
    }
    expect(pool.workers()).toEqual(workers);

    pool.configure(stringify({ keys }));
    await until(
      async () =>
        (await pool.outcome(alice)) === "success" && (await pool.outcome(alice)) === "success",
    );
    for (let round = 0; round < 20; round++) expect(await pool.outcome(alice)).toBe("success");
    expect(pool.workers()).toEqual(workers);
  });
});

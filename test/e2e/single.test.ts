import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { copySingle } from "../support/cli/standalone.ts";
import { type Pool, startPool } from "../support/servers/worker-pool.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [
  { id: "north", secret: "the secret of the single file" },
  { id: "jwt", secret: "the secret of its JWTs", algorithm: "HS256" },
];
const keyring = new Keyring(keys);

describeWith("ejabberd")("ejabberd with the single file", () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-single-"));
  let pool: Pool;

  beforeAll(async () => {
    pool = await startPool("example.org", stringify({ keys }), [copySingle(folder)]);
  });
  afterAll(async () => {
    await pool?.stop();
    rmSync(folder, { recursive: true });
  });

  test.each(["north", "jwt"])("takes a credential of key %s, for its owner alone", async (key) => {
    const { password } = await mint({ jid: "alice@example.org", key }, { keyring });
    const alice = { user: "alice", host: "example.org", password };
    expect(await pool.outcome(alice)).toBe("success");
    expect(await pool.outcome({ ...alice, user: "bob" })).toBe("not-authorized");
  });
});

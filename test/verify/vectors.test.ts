import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { resolveSecret } from "../../src/config/secrets.ts";
import { parseRequest } from "../../src/extauth/request.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { Policies } from "../../src/policy.ts";
import { verify } from "../../src/verify/index.ts";
import {
  type VectorCase,
  type VectorDecision,
  vectorCases,
  vectorFiles,
  vectorKeys,
} from "../support/data/mojoauth-vectors.ts";

/** What a server that asks by `check` is told, and the log says of it. */
async function decide(vector: VectorCase): Promise<VectorDecision> {
  const { user, host, keys, now, maxTtl, leeway, hostBound } = vector;
  const keyring = new Keyring(
    keys.map((id) => ({ id, secret: "", ...vectorKeys[id], state: "verify" })),
  );
  const policies = new Policies({ "*": { maxTtl, leeway, hostBound, formats: ["mojoauth"] } });
  const { password = "" } =
    parseRequest(Buffer.concat([Buffer.from("check:::"), vector.password])) ?? {};
  const login = { ...(user !== undefined && { user }), host, password };
  const decision = await verify(login, { keyring, policies, now });
  if (!decision.ok) return decision;
  return { ok: true, user: decision.user, expires: decision.expiresAt, key: decision.key };
}

describe("the vectors of all languages", () => {
  test.each(vectorCases)("$name", async (vector) => {
    expect(await decide(vector)).toEqual(vector.decision);
  });
});

describe("a secret in a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-vectors-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(vectorFiles)("with $name", ({ file, secret }) => {
    writeFileSync(join(folder, "key"), file);
    const read = () => {
      const bytes = resolveSecret("file:key", folder, {});
      new Keyring([{ id: "key", secret: bytes }]);
      return Buffer.from(bytes).toString();
    };
    if (secret === null) expect(read).toThrow("which is empty");
    else expect(read()).toBe(secret);
  });
});

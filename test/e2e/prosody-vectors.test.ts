import { isUtf8 } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseRequest } from "../../src/extauth/request.ts";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { Policies } from "../../src/policy.ts";
import { listMacs, verify } from "../../src/verify/index.ts";
import { future, fuzzedConfig, Requests } from "../support/cli/fuzz-requests.ts";
import { pemPair } from "../support/data/jwt.ts";
import { vectorCases, vectorFiles, vectorKeys } from "../support/data/mojoauth-vectors.ts";
import { Random } from "../support/data/random.ts";
import {
  decideInLua,
  type LuaDecision,
  type LuaLogin,
  readSecretInLua,
} from "../support/verifiers/lua-verifier.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const count = Number(process.env.FUZZ_REQUESTS ?? 5000);
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** The members of a decision, in an order to compare them in. */
const members = ["ok", "user", "expires", "key", "macs", "reason"];

const [north] = fuzzedConfig.keys as [KeyInput];
const south: KeyInput = { id: "south", algorithm: "sha256", secret: "another secret than that" };

describeWith("prosody")("the Lua of mod_auth_mayfly", () => {
  test("decides the vectors of all languages", () => {
    const logins = vectorCases.map(({ maxTtl, leeway, hostBound, ...vector }): LuaLogin => {
      const keys = vector.keys.map((id) => ({ id, secret: "", ...vectorKeys[id] }));
      return { ...vector, keys, policy: { maxTtl, leeway, hostBound } };
    });
    const decided = decideInLua(logins).map((decision, index) => ({
      name: vectorCases[index]?.name,
      decision,
    }));
    expect(decided).toEqual(vectorCases.map(({ name, decision }) => ({ name, decision })));
  });

  test(`decides ${count} requests as the TypeScript does (FUZZ_SEED=${seed})`, async () => {
    const random = new Random(seed);
    const requests = new Requests(random);
    const logins: LuaLogin[] = [];
    while (logins.length < count) {
      const login = toLogin(requests.next().payload, random);
      if (login) logins.push(login);
    }
    const expected = await Promise.all(logins.map(decide));
    const differences = decideInLua(logins).flatMap((decision, index) => {
      const [lua, typescript] = [decision, expected[index]].map((it) =>
        JSON.stringify(it, members),
      );
      const { password, ...login } = logins[index] as LuaLogin;
      return lua === typescript
        ? []
        : [{ ...login, password: password.toString("latin1"), lua, typescript }];
    });
    expect(differences).toEqual([]);
    for (const isMac of [true, false]) {
      const good = expected.filter((it) => it.ok && "macs" in it === isMac);
      expect(good.length).toBeGreaterThan(count / 100);
    }
  });

  describe("a secret in a file", () => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-secret-"));
    const file = join(folder, "key");
    afterAll(() => rmSync(folder, { recursive: true }));

    test.each(vectorFiles)("with $name", ({ file: text, secret }) => {
      writeFileSync(file, text);
      expect(readSecretInLua(file).secret ?? null).toBe(secret);
    });

    test.each([
      ["a PEM", pemPair("ES256").publicKey],
      ["a JWK", JSON.stringify({ kty: "oct", k: "bm9ydGg" })],
      ["a JWK set", '{"keys":[]}'],
    ])("is not %s", (_, text) => {
      writeFileSync(file, text);
      expect(readSecretInLua(file).problem).toBe("is a PEM or JWK, and not the secret of a MAC");
    });

    test("may be JSON that is no key", () => {
      writeFileSync(file, '["1234567890123456"]');
      expect(readSecretInLua(file)).toEqual({ secret: '["1234567890123456"]' });
    });

    test("can be wrong, and is told how", () => {
      writeFileSync(file, "123456789012345\n");
      expect(readSecretInLua(file).problem).toBe("is shorter than 16 bytes, and can be guessed");
      writeFileSync(file, "");
      expect(readSecretInLua(file).problem).toBe("is empty");
      expect(readSecretInLua(folder).problem).toBe("cannot be read: it is no file");
      const missing = readSecretInLua(join(folder, "none")).problem;
      expect(missing).toBe("cannot be read: No such file or directory");
    });
  });
});

/** A request as a login under some policy, at some time; of a token sometimes its username alone. */
function toLogin(payload: Buffer, random: Random): LuaLogin | undefined {
  const request = parseRequest(payload);
  if (request?.op !== "auth" && request?.op !== "check") return undefined;
  const { user, host } = request;
  const start = Buffer.byteLength(`${request.op}:${user}:${host}:`);
  const login = {
    keys: random.pick([[south, north], [north], [south]]),
    user: request.op === "check" && user === "" ? undefined : user,
    host,
    password: payload.subarray(start),
    now: random.pick([1_000_000_000, 1_900_000_000, future - 5, future, future + 1, future + 6]),
    policy: {
      maxTtl: random.pick([86_400, 36_500 * 86_400]),
      leeway: random.pick([0, 0, 5]),
      hostBound: random.below(4) > 0,
    },
  };
  const end = login.password.lastIndexOf(":");
  if (end < 0 || random.below(4) || !isUtf8(login.password)) return login;
  return { ...login, op: "mac", password: login.password.subarray(0, end) };
}

async function decide({ op, keys, user, host, password, now, policy }: LuaLogin) {
  const keyring = new Keyring(keys.map((key) => ({ ...key, state: "verify" })));
  const policies = new Policies({ "*": { ...policy, formats: ["mojoauth"], scram: true } });
  const trust = { keyring, policies };
  if (op === "mac") {
    const { user: _, ...result } = listMacs(
      { username: password.toString(), host },
      { ...trust, now },
    );
    return result as LuaDecision;
  }
  const text = password.toString();
  const login = { ...(user !== undefined && { user }), host, password: text };
  const decision = await verify(login, { ...trust, now });
  if (!decision.ok) return decision;
  return { ok: true, user: decision.user, expires: decision.expiresAt, key: decision.key };
}

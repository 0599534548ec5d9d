import { afterAll, beforeAll, expect, test } from "vitest";
import { fingerprint, type ParsedCredential, parseCredential } from "../../src/credential/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { Policies } from "../../src/policy.ts";
import { verify } from "../../src/verify/index.ts";
import { fuzzedConfig, Requests } from "../support/cli/fuzz-requests.ts";
import { pemPair } from "../support/data/jwt.ts";
import { vectorCases, vectorFiles, vectorKeys } from "../support/data/mojoauth-vectors.ts";
import { Random } from "../support/data/random.ts";
import {
  type ErlangLogin,
  type ErlangMojoauth,
  startErlangMojoauth,
} from "../support/verifiers/erlang-mojoauth.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const count = Number(process.env.FUZZ_REQUESTS ?? 10_000);

describeWith("ejabberd")("mod_mayfly decides as Mayfly does", () => {
  let erlang: ErlangMojoauth;

  beforeAll(() => {
    erlang = startErlangMojoauth();
  });
  afterAll(() => erlang?.stop());

  // On ejabberd a login always has a user.
  const named = vectorCases.filter(({ user }) => user !== undefined);
  test.each(named)("$name", async ({ keys, user = "", decision, ...login }) => {
    const known = keys.map((id) => ({
      id,
      algorithm: "sha1" as const,
      secret: "",
      ...vectorKeys[id],
    }));
    expect(await erlang.verify([{ ...login, user, keys: known }])).toEqual([decision]);
  });

  test("and names each credential as Mayfly does", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const jwt = (claims: object) => `${part({ alg: "HS256" })}.${part(claims)}.${"A".repeat(43)}`;
    const mac = Buffer.alloc(20, 7).toString("base64");
    const odd = 'https://id.example/"\\/\b\f\n\r\t\u0001\u001f\u007f\u2028 żółw 🐢';
    const passwords = [
      `1790000000:${mac}`,
      `1790000000:żółw:x@example.org:${mac}`,
      jwt({ sub: "alice", jti: "one" }),
      jwt({ iss: "https://id.example", jti: "one", exp: 1.5 }),
      jwt({ iss: odd, jti: odd, iat: 17 }),
      jwt({ iss: "https://id.example", sub: "alice" }),
      jwt({ jti: 7 }),
    ];
    const named = passwords.map((it) => fingerprint(parseCredential(it) as ParsedCredential));
    expect(await erlang.identify(passwords)).toEqual(named);
    expect(new Set(named).size).toBe(passwords.length - 1); // the first two have the same MAC
    expect(await erlang.identify(["a password", "a.b.c", "one.two"])).toEqual([null, null, null]);
  });

  test.each(vectorFiles)("on a file with $name", async ({ file, secret }) => {
    expect(await erlang.readSecrets([file])).toEqual([secret]);
  });

  test("and takes no secret that can be guessed", async () => {
    const { publicKey } = pemPair("ES256");
    const refused = [
      "fifteen bytes..",
      publicKey,
      '{"kty":"oct","k":"bm9ydGg"}',
      '{"keys":[{}],"a":1}',
    ];
    expect(await erlang.readSecrets(refused)).toEqual(refused.map(() => null));
    const taken = ["sixteen bytes...", '["a list","that is no key"]'];
    expect(await erlang.readSecrets(taken)).toEqual(taken);
  });

  test(`on ${count} of the fuzzer's logins (FUZZ_SEED=${seed})`, async () => {
    const [mojoauth] = fuzzedConfig.keys;
    const secret = String(mojoauth?.secret);
    const keyring = new Keyring([{ id: "north", secret }]);
    const policy = { maxTtl: 3_153_600_000, leeway: 0, hostBound: true };
    const policies = new Policies({ "*": { ...policy, formats: ["mojoauth"] } });
    const logins: ErlangLogin[] = [];
    for (
      const random = new Random(seed), requests = new Requests(random);
      logins.length < count;
    ) {
      const { user, host, password } = fieldsOf(requests.next().payload);
      const now = random.pick([1_700_000_000, 4_102_444_800, 4_102_444_801]);
      const keys = [{ id: "north", algorithm: "sha1" as const, secret }];
      logins.push({ user, host, password, now, keys, ...policy });
    }
    const theirs = await erlang.verify(logins);
    const disagreed: object[] = [];
    for (const [index, login] of logins.entries()) {
      const { user, host, now } = login;
      const ours = await verify(
        { user, host, password: login.password.toString() },
        { keyring, policies, now },
      );
      const decided = ours.ok
        ? { ok: true, user, expires: ours.expiresAt, key: ours.key }
        : { ok: false, reason: ours.reason };
      if (JSON.stringify(decided) !== JSON.stringify(theirs[index])) {
        disagreed.push({
          user,
          host,
          now,
          password: login.password.toString("latin1"),
          decided,
          theirs: theirs[index],
        });
      }
    }
    expect(disagreed).toEqual([]);
    const accepted = theirs.filter(({ ok }) => ok).length;
    expect(accepted).toBeGreaterThan(count / 20);
    expect(new Set(theirs.map((it) => (it.ok ? "ok" : it.reason)))).toEqual(
      new Set(["ok", "malformed", "bad-signature", "expired", "wrong-user", "wrong-host"]),
    );
  });
});

/** What stands between the colons of a request; user and host in the UTF-8 that ejabberd insists on. */
function fieldsOf(payload: Buffer): { user: string; host: string; password: Buffer } {
  const [first, second, third] = [...payload].flatMap((byte, at) => (byte === 0x3a ? [at] : []));
  const field = (from = payload.length, to = payload.length) =>
    payload.subarray(Math.min(from + 1, payload.length), to);
  return {
    user: field(first, second).toString(),
    host: field(second, third).toString(),
    password: field(third),
  };
}

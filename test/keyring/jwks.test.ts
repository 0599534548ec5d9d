import { createServer, type Server } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { importSecret } from "../../src/keyring/import-key.ts";
import { localJwks, remoteJwks } from "../../src/keyring/jwks.ts";
import { pemPair } from "../support/data/jwt.ts";

const public_ = (algorithm: "RS256" | "ES256", kid: string) => ({
  ...importSecret(pemPair(algorithm).publicKey, algorithm).verification.export({ format: "jwk" }),
  kid,
});
const first = public_("ES256", "first");
const second = public_("ES256", "second");
const other = public_("RS256", "other");
const header = (kid?: string) => ({ alg: "ES256", ...(kid !== undefined && { kid }) });

describe("a key set at hand", () => {
  const set = localJwks({ keys: [first, second, other] });

  test("gives the key with the token's kid, and no other", async () => {
    expect(await set.getKeys(header("first"))).toHaveLength(1);
    expect(await set.getKeys(header("third"))).toHaveLength(0);
    expect(await set.getKeys(header("other"))).toHaveLength(0);
  });

  test("gives all keys of the algorithm where the token names none", async () => {
    expect(await set.getKeys(header())).toHaveLength(2);
  });

  test("gives no key where two have one name", async () => {
    const ambiguous = localJwks({ keys: [first, { ...second, kid: "first" }] });
    expect(await ambiguous.getKeys(header("first"))).toHaveLength(0);
  });

  test.each([
    ["nothing", undefined],
    ["no keys", { keys: [] }],
    ["a secret", { keys: [first, { kty: "oct", k: "bm9ydGg", kid: "a" }] }],
    ["a private key", { keys: [{ ...first, d: "AAAA" }] }],
    ["something else", { keys: ["first"] }],
  ])("cannot hold %s", (_, set) => {
    expect(() => localJwks(set)).toThrow("is not a JWK set of public keys alone");
  });
});

describe("a key set at a URL", () => {
  let server: Server;
  let url: URL;
  let requests = 0;
  let answer: { status: number; keys: object[] } = { status: 200, keys: [] };

  beforeAll(async () => {
    server = createServer((_, response) => {
      requests++;
      response.statusCode = answer.status;
      response.end(JSON.stringify({ keys: answer.keys }));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    url = new URL(`http://127.0.0.1:${(server.address() as { port: number }).port}/jwks.json`);
  });
  afterAll(() => void server.close());

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
    requests = 0;
    answer = { status: 200, keys: [first] };
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

  test("is fetched once for all who wait, and then kept", async () => {
    const set = remoteJwks(url);
    const found = await Promise.all([1, 2, 3].map(() => set.getKeys(header("first"))));
    expect(found.map((keys) => keys.length)).toEqual([1, 1, 1]);
    await set.getKeys(header("first"));
    expect(requests).toBe(1);
  });

  test("is fetched again when it is old", async () => {
    const set = remoteJwks(url, { maxAge: 100 });
    await set.getKeys(header("first"));
    pass(101);
    await set.getKeys(header("first"));
    expect(requests).toBe(2);
  });

  test("is fetched again for a new key, but not for each name that somebody makes up", async () => {
    const set = remoteJwks(url, { cooldown: 30 });
    await set.getKeys(header("first"));
    answer.keys = [first, second];
    pass(31);
    expect(await set.getKeys(header("second"))).toHaveLength(1);
    for (const kid of ["a", "b", "c"]) expect(await set.getKeys(header(kid))).toHaveLength(0);
    expect(requests).toBe(2);
  });

  test("serves on while the URL fails, within its bound, and asks no more than once in a while", async () => {
    const set = remoteJwks(url, { maxAge: 100, maxStale: 200, cooldown: 30 });
    await set.getKeys(header("first"));
    answer.status = 503;
    pass(101);
    expect(await set.getKeys(header("first"))).toHaveLength(1);
    expect(await set.getKeys(header("first"))).toHaveLength(1);
    expect(requests).toBe(2);
    pass(200);
    await expect(set.getKeys(header("first"))).rejects.toThrow("are out of reach");
    answer.status = 200;
    pass(31);
    expect(await set.getKeys(header("first"))).toHaveLength(1);
  });

  test("fails when it was never had, and waits before it asks again", async () => {
    answer.status = 500;
    const set = remoteJwks(url);
    await expect(set.getKeys(header("first"))).rejects.toThrow("are out of reach");
    await expect(set.getKeys(header("first"))).rejects.toThrow("are out of reach");
    expect(requests).toBe(1);
  });

  test("is waited for no longer than its timeout", async () => {
    const never: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      });
    const set = remoteJwks(url, { timeout: 0.05, fetch: never });
    await expect(set.getKeys(header("first"))).rejects.toThrow("are out of reach");
  });

  test.each(["http://id.example.com/jwks", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/"])(
    "cannot be %s, which others can answer",
    (address) => {
      expect(() => remoteJwks(new URL(address))).toThrow("must be an https: URL");
    },
  );
});

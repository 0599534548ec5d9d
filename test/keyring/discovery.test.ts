import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { createDiscovery, discoveredJwks } from "../../src/keyring/jwks.ts";
import { verify } from "../../src/verify/index.ts";
import {
  type FakeProvider,
  flood,
  hang,
  json,
  movableClock,
  redirectTo,
  startFakeProvider,
  trickle,
} from "../support/fakes/fake-provider.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/http/oidc-provider.ts";

const openid = "/.well-known/openid-configuration";
const host = "example.com";

describe("an issuer that only its URL is known of", () => {
  let idp: OidcProvider;

  beforeAll(async () => {
    idp = await startOidcProvider();
  });
  afterAll(() => idp.stop());

  const keyringOf = (issuer = idp.issuer) =>
    new Keyring([], [{ issuer, keys: discoveredJwks(issuer), algorithms: ["RS256"] }]);

  test("has its metadata and keys fetched once, for all who wait", async () => {
    const keyring = keyringOf();
    const password = await idp.accessToken({ user: "alice" });
    idp.requests = [];
    const decisions = await Promise.all(
      Array.from({ length: 20 }, () => verify({ host, password }, { keyring })),
    );
    expect(decisions.map((it) => it.ok && it.user)).toEqual(Array(20).fill("alice"));
    await verify({ host, password }, { keyring });
    expect(idp.requests).toEqual([openid, "/jwks"]);
  });

  test("opens the host that its token is for, and no other", async () => {
    const keyring = keyringOf();
    const password = await idp.accessToken({ user: "alice", audience: "example.org" });
    expect(await verify({ host: "example.org", password }, { keyring })).toMatchObject({
      ok: true,
    });
    const elsewhere = await verify({ host, password }, { keyring });
    expect(elsewhere).toEqual({ ok: false, reason: "wrong-audience" });
  });

  test("logs in while it is down, once its keys are known", async () => {
    const keyring = keyringOf();
    const password = await idp.accessToken({ user: "alice" });
    expect(await verify({ host, password }, { keyring })).toMatchObject({ ok: true });
    await idp.down();
    expect(await verify({ host, password }, { keyring })).toMatchObject({ ok: true });
    const first = await verify({ host, password }, { keyring: keyringOf() });
    expect(first).toEqual({ ok: false, reason: "store-unavailable" });
    await idp.up();
  });
});

describe("metadata", () => {
  const of = (provider: FakeProvider, more: object = {}) => ({
    issuer: provider.issuer,
    jwks_uri: `${provider.issuer}/keys`,
    ...more,
  });

  test("are those of RFC 8414 where there are none of OpenID", async () => {
    const provider = await startFakeProvider();
    const issuer = `${provider.issuer}/tenant`;
    const path = "/.well-known/oauth-authorization-server/tenant";
    provider.answers[path] = { ...of(provider), issuer };
    expect(await createDiscovery(issuer).metadata()).toMatchObject({ issuer });
    expect(provider.requests).toEqual([`/tenant${openid}`, path]);
  });

  test.each([
    ["of another issuer", (issuer: string) => issuer.replace("127.0.0.1", "localhost")],
    ["of one that differs by a slash", (issuer: string) => `${issuer}/`],
    ["of none", () => undefined],
  ])("%s do not count", async (_, named) => {
    const provider = await startFakeProvider();
    provider.answers[openid] = of(provider, { issuer: named(provider.issuer) });
    const keys = discoveredJwks(provider.issuer);
    await expect(keys.getKeys({ alg: "RS256" })).rejects.toMatchObject({ code: "ERR_KEY" });
    expect(provider.requests).toEqual([openid]);
  });

  test.each([
    ["http:", "http://id.example.com/keys"],
    ["another machine's loopback", "http://127.0.0.1/keys"],
    ["a file", "file:///etc/passwd"],
    ["nothing", undefined],
  ])("of an https: issuer cannot name keys at %s", async (_, jwks_uri) => {
    const issuer = "https://id.example.com";
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return Response.json({ issuer, jwks_uri });
    };
    const keys = discoveredJwks(issuer, { fetch });
    await expect(keys.getKeys({ alg: "RS256" })).rejects.toThrow(/jwks_uri/);
    expect(asked).toEqual([`${issuer}${openid}`]);
  });

  test.each(["http://id.example.com", "id.example.com", "https://id.example.com?a=b"])(
    "are not asked for at %s",
    (issuer) => {
      expect(() => createDiscovery(issuer)).toThrow(/must be a/);
    },
  );

  test("are used while the provider is down, within a bound, and it is asked once in a while", async () => {
    const { pass } = movableClock(vi);
    const provider = await startFakeProvider();
    provider.answers[openid] = of(provider);
    const times = { maxAge: 100, maxStale: 200, cooldown: 30 };
    const discovery = createDiscovery(provider.issuer, times);
    await discovery.metadata();
    let fail = () => {};
    provider.answers[openid] = (_, response) => {
      fail = () => json(response, 503, {});
    };
    pass(101);
    await discovery.metadata();
    await vi.waitFor(() => expect(provider.requests).toHaveLength(2));
    await discovery.metadata();
    pass(200);
    const late = discovery.metadata();
    fail();
    await expect(late).rejects.toThrow("the answer is 503");
    await expect(discovery.metadata()).rejects.toThrow("the answer is 503");
    expect(provider.requests).toHaveLength(2);
    provider.answers[openid] = of(provider);
    pass(31);
    expect(await discovery.metadata()).toMatchObject({ issuer: provider.issuer });
  });
});

describe.each(["metadata", "keys"])("a provider whose %s", (what) => {
  const path = what === "metadata" ? openid : "/keys";

  async function provide(answer: FakeProvider["answers"][string]) {
    const provider = await startFakeProvider();
    const { issuer } = provider;
    provider.answers[openid] = { issuer, jwks_uri: `${issuer}/keys` };
    provider.answers["/keys"] = { keys: [] };
    provider.answers[path] = answer;
    const keys = discoveredJwks(issuer, { timeout: 0.3 });
    return { provider, keys };
  }

  test.each([
    ["never come", hang],
    ["never end", trickle],
  ])("%s is given up", async (_, answer) => {
    const { keys } = await provide(answer);
    const started = performance.now();
    await expect(keys.getKeys({ alg: "RS256" })).rejects.toMatchObject({ code: "ERR_KEY" });
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test("lead elsewhere is not followed", async () => {
    const other = await startFakeProvider();
    const { provider, keys } = await provide(redirectTo(`${other.issuer}/elsewhere`));
    other.answers["/elsewhere"] =
      what === "metadata"
        ? { issuer: provider.issuer, jwks_uri: `${other.issuer}/keys` }
        : { keys: [] };
    await expect(keys.getKeys({ alg: "RS256" })).rejects.toMatchObject({ code: "ERR_KEY" });
    expect(other.requests).toEqual([]);
  });

  test("are 10 MB long is not read to the end", async () => {
    const answer = flood();
    const { keys } = await provide(answer);
    await expect(keys.getKeys({ alg: "RS256" })).rejects.toMatchObject({ code: "ERR_KEY" });
    // Beyond what is read, buffers of the connection fill.
    expect(answer.sent()).toBeLessThan(10_485_760);
  });
});

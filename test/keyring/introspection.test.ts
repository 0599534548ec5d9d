import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createDiscovery, introspection, userinfo } from "../../src/keyring/jwks.ts";
import {
  flood,
  hang,
  json,
  movableClock,
  redirectTo,
  startFakeProvider,
} from "../support/fakes/fake-provider.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/http/oidc-provider.ts";

const clientId = "xmpp";
const clientSecret = "a secret of the client, 32 bytes";
const client = {
  client_id: clientId,
  client_secret: clientSecret,
  redirect_uris: [],
  grant_types: [],
  response_types: [],
};

describe("oidc-provider", () => {
  let idp: OidcProvider;

  beforeAll(async () => {
    idp = await startOidcProvider({ format: "opaque", clients: [client] });
  });
  afterAll(() => idp.stop());

  test("tells by introspection whose a token is, once for all who ask", async () => {
    const lookup = introspection(createDiscovery(idp.issuer), { clientId, clientSecret });
    const token = await idp.accessToken({ user: "alice", audience: "example.com" });
    idp.requests = [];
    const answers = await Promise.all([token, token, token].map(lookup));
    expect(answers).toEqual(Array(3).fill(answers[0]));
    expect(answers[0]).toMatchObject({ sub: "alice", aud: "example.com", client_id: "page" });
    expect(await lookup(`${token}x`)).toBeUndefined();
    expect(await lookup(`${token}x`)).toBeUndefined();
    const asked = idp.requests.filter((path) => path === "/token/introspection");
    expect(asked).toHaveLength(2);
  });

  test("refuses a client with another secret, which is a failure, and no answer", async () => {
    const lookup = introspection(createDiscovery(idp.issuer), { clientId, clientSecret: "wrong" });
    const token = await idp.accessToken({ user: "alice" });
    await expect(lookup(token)).rejects.toThrow();
  });

  test("tells by userinfo whose a token is", async () => {
    const lookup = userinfo(createDiscovery(idp.issuer));
    const token = await idp.accessToken({ user: "alice" });
    expect(await lookup(token)).toMatchObject({ sub: "alice", email: "alice@example.com" });
    expect(await lookup(`${token}x`)).toBeUndefined();
  });
});

const token = "an-opaque-token-of-the-issuer";

async function startLiar(answer: unknown) {
  const provider = await startFakeProvider();
  const { issuer, answers } = provider;
  answers["/.well-known/openid-configuration"] = {
    issuer,
    introspection_endpoint: `${issuer}/introspect`,
    userinfo_endpoint: `${issuer}/me`,
  };
  answers["/introspect"] = answer as object;
  answers["/me"] = answer as object;
  const options = { clientId, clientSecret, timeout: 0.3 };
  const discovery = createDiscovery(issuer);
  return {
    provider,
    lookup: introspection(discovery, options),
    byUserinfo: userinfo(discovery, options),
  };
}

describe("an issuer that is asked about a token", () => {
  test.each([
    ["false", { active: false, sub: "alice" }, undefined],
    ["true", { active: true, sub: "alice" }, { active: true, sub: "alice" }],
  ])("says active: %s", async (_, answer, claims) => {
    const { lookup } = await startLiar(answer);
    expect(await lookup(token)).toEqual(claims);
  });

  test.each([
    ["text", { active: "true", sub: "alice" }],
    ["a number", { active: 1, sub: "alice" }],
    ["nothing", { sub: "alice" }],
    ["no object", ["active"]],
  ])("is not believed where active is %s", async (_, answer) => {
    const { lookup } = await startLiar(answer);
    await expect(lookup(token)).rejects.toThrow();
  });

  test("is not believed in a JWT, whose signature is not checked here", async () => {
    const { lookup, byUserinfo } = await startLiar((_: unknown, response: ServerResponse) => {
      response.writeHead(200, { "content-type": "application/token-introspection+jwt" });
      response.end("a.b.c");
    });
    await expect(lookup(token)).rejects.toThrow("the answer is not JSON");
    await expect(byUserinfo(token)).rejects.toThrow("the answer is not JSON");
  });

  test("is sent the client's secret in the way that its metadata name", async () => {
    const seen: (string | undefined)[] = [];
    const { provider, lookup } = await startLiar(
      (request: IncomingMessage, response: ServerResponse) => {
        seen.push(request.headers.authorization);
        json(response, 200, { active: false });
      },
    );
    await lookup(token);
    const { issuer, answers } = provider;
    const methods = { introspection_endpoint_auth_methods_supported: ["client_secret_post"] };
    const path = "/.well-known/openid-configuration";
    answers[path] = { ...answers[path], ...methods };
    await introspection(createDiscovery(issuer), { clientId, clientSecret })(token);
    expect(seen).toEqual([expect.stringMatching(/^Basic /), undefined]);
  });

  test.each([
    ["hangs", () => hang],
    ["sends 10 MB", () => flood()],
    ["breaks", () => (_: unknown, response: ServerResponse) => json(response, 500, {})],
  ])("and %s has given no answer", async (_, answer) => {
    const { lookup, byUserinfo } = await startLiar(answer());
    const started = performance.now();
    await expect(lookup(token)).rejects.toThrow();
    await expect(byUserinfo(token)).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test("and hangs is not asked again for a while", async () => {
    const { pass } = movableClock(vi);
    const { provider, lookup } = await startLiar(hang);
    await expect(lookup(token)).rejects.toThrow(/timeout/);
    await expect(lookup(`${token}-2`)).rejects.toThrow("did not answer a moment ago");
    provider.answers["/introspect"] = { active: true };
    pass(6);
    expect(await lookup(token)).toEqual({ active: true });
    expect(provider.requests.filter((path) => path === "/introspect")).toHaveLength(2);
  });

  test("and redirects does not have the token sent elsewhere", async () => {
    const other = await startFakeProvider();
    other.answers["/me"] = { active: true, sub: "alice" };
    const { lookup, byUserinfo } = await startLiar(redirectTo(`${other.issuer}/me`));
    await expect(lookup(token)).rejects.toThrow();
    await expect(byUserinfo(token)).rejects.toThrow();
    expect(other.requests).toEqual([]);
  });

  test("is asked again after a minute, or at the token's exp, whichever is sooner", async () => {
    const { pass } = movableClock(vi);
    const exp = Math.floor(Date.now() / 1000) + 90;
    const { provider, lookup } = await startLiar({ active: true, exp });
    const asked = () => provider.requests.filter((path) => path === "/introspect").length;
    await lookup(token);
    pass(59);
    await lookup(token);
    expect(asked()).toBe(1);
    pass(2);
    await lookup(token);
    expect(asked()).toBe(2);
    pass(30); // 91 s
    await lookup(token);
    expect(asked()).toBe(3);
  });

  test("is asked again about a token that it did not know a minute ago", async () => {
    const { pass } = movableClock(vi);
    const { provider, lookup } = await startLiar({ active: false });
    expect(await lookup(token)).toBeUndefined();
    provider.answers["/introspect"] = { active: true };
    expect(await lookup(token)).toBeUndefined();
    pass(61);
    expect(await lookup(token)).toBeDefined();
  });

  test("is not asked about more than 32 tokens at once", async () => {
    const { provider, lookup } = await startLiar(hang);
    const answers = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => lookup(`${token}-${index}`)),
    );
    const refused = answers.filter(
      (it) => it.status === "rejected" && /too many/.test(String(it.reason)),
    );
    expect(refused).toHaveLength(8);
    expect(provider.requests.filter((path) => path === "/introspect").length).toBeLessThanOrEqual(
      32,
    );
  });

  test("is asked over TLS, unless it is on this machine", () => {
    const endpoint = new URL("http://id.example.com/introspect");
    const discovery = createDiscovery("https://id.example.com");
    expect(() => introspection(discovery, { clientId, clientSecret, endpoint })).toThrow("https:");
  });
});

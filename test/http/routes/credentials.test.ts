import { describe, expect, test } from "vitest";
import { type CredentialsOptions, credentials, RateLimiter } from "../../../src/http/index.ts";
import { Keyring } from "../../../src/keyring/index.ts";
import { Policies } from "../../../src/policy.ts";
import { openStore } from "../../../src/store/index.ts";
import { revokeUser, verify } from "../../../src/verify/index.ts";
import {
  alice,
  apiKey,
  bearer,
  host,
  issued,
  json,
  keyring,
  keys,
  now,
  ourToken,
} from "../fixtures.ts";

const turnUris = ["turn:turn.example.com?transport=udp", "turns:turn.example.com"];
const trusted = { keyring, apiKeys: ["another key of theirs", apiKey], turnUris };
const server = bearer(apiKey);
const signedIn = { ...trusted, user: () => alice };

function ask(
  options: Partial<CredentialsOptions>,
  query = "",
  init: RequestInit = {},
): Promise<Response> {
  const app = credentials({ keyring, ...options });
  return Promise.resolve(app.request(`/${query && `?${query}`}`, init));
}

describe("a credential", () => {
  test("for TURN is what TURN REST says, and no more", async () => {
    const before = now();
    const { status, body } = await json(
      ask(trusted, `service=turn&username=mbzrxpgjys&key=${encodeURIComponent(apiKey)}`),
    );
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(["password", "ttl", "uris", "username"]);
    expect(body).toMatchObject({ ttl: 3600, uris: turnUris });
    const [expiry, ...id] = body.username.split(":");
    expect(Number(expiry)).toBeGreaterThanOrEqual(before + 3600);
    expect(id).toEqual(["mbzrxpgjys"]);
  });

  test.each(["alice@example.com", "@alice:example.com", ""])(
    "for TURN and %j is good with the secret",
    async (username) => {
      const query = new URLSearchParams({ service: "turn", username });
      const { body } = await json(ask(trusted, String(query), { headers: server }));
      const [, id] = /^\d+:?(.*)$/.exec(body.username) ?? [];
      expect(id).toBe(username);
      if (username !== alice) return;
      const login = { ...body, user: "alice", host, service: "turn" as const };
      expect(await verify(login, { keyring })).toMatchObject({ ok: true, key: "north" });
    },
  );

  test.each([
    ["Bearer", "", server],
    ["key=", `&key=${encodeURIComponent(apiKey)}`, {}],
  ])("for TURN is for any id where hosts are configured, by %s", async (_, query, headers) => {
    const policies = new Policies({ [host]: {} });
    for (const name of ["&username=alice", ""]) {
      const asked = ask({ ...trusted, policies }, `service=turn${name}${query}`, { headers });
      expect((await asked).status).toBe(200);
    }
  });

  test("for XMPP has what Converse reads, and logs in", async () => {
    const { body } = await json(ask(signedIn));
    expect(body).toMatchObject({ jid: alice, username: "alice", mechanism: "PLAIN", ttl: 3600 });
    expect(Math.abs(body.expires - now() - 3600)).toBeLessThan(60);
    const login = { user: "alice", host, password: body.password };
    expect(await verify(login, { keyring })).toMatchObject({ ok: true });
  });

  test("for XMPP is presented as was asked for", async () => {
    const { body: token } = await json(ask(signedIn, "present=token"));
    expect(token).toMatchObject({ mechanism: "X-OAUTH2" });
    expect(token.password).toMatch(/^\d+:alice@example\.com:/);
    const { body: other } = await json(ask(signedIn, "present=authzid"));
    expect(other).toMatchObject({ authzid: alice });
    const { body: jwt } = await json(ask(signedIn, "format=jwt"));
    expect(jwt.password).toMatch(/^eyJ/);
  });

  test.each([
    ["a form", "service=sip&ttl=60"],
    ["the query", ""],
  ])("comes for a POST, too, with the parameters in %s", async (_, body) => {
    const query = body ? "" : "service=sip&ttl=60";
    const { body: minted } = await json(ask(signedIn, query, { method: "POST", body }));
    expect(minted).toMatchObject({ ttl: 60, uris: [], username: expect.stringMatching(alice) });
  });

  test("is kept by nobody", async () => {
    for (const query of ["", "service=nonsense"]) {
      const { headers } = await ask(signedIn, query);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });
});

describe("a name", () => {
  const names = (name: string, more = {}) => ({
    ...trusted,
    user: () => ({ name, host, ...more }),
  });

  test.each([
    ["Alice Smith", "alice\\20smith"],
    ["José", "josé"],
    ["alice@corp.com", "alice\\40corp.com"],
  ])("of the app's session is minted for: %s", async (name, username) => {
    const { body } = await json(ask(names(name)));
    expect(body).toMatchObject({ username, jid: `${username}@${host}` });
    const { body: asked } = await json(
      ask(names(name), `username=${encodeURIComponent(name)}&host=${host}`),
    );
    expect(asked.username).toBe(username);
  });

  test.each(["turn", "sip"])("of the app's session is minted for, for %s", async (service) => {
    const { status, body } = await json(ask(names("Alice Smith"), `service=${service}`));
    expect(status).toBe(200);
    expect(body.username).toMatch(/^\d+:alice\/20smith@example\.com$/);
  });

  test.each([
    "username=Bob&host=example.com",
    "username=Alice&host=example.org",
    "username=bob@example.com",
  ])("of the app's session gets nothing for another: %s", async (query) => {
    expect((await ask(names("Alice"), query)).status).toBe(403);
  });

  test("of the app's session that is empty is nobody", async () => {
    expect((await ask(names(""))).status).toBe(401);
    const user = () => ({ name: undefined as unknown as string, host });
    expect((await ask({ ...trusted, user })).status).toBe(401);
  });

  test("of the app's session is refused if it is to be exact, with the form to write", async () => {
    expect((await ask(names("alice", { exact: true }))).status).toBe(200);
    const { status, body } = await json(ask(names("Alice", { exact: true })));
    expect([status, body.type]).toEqual([400, "urn:mayfly:problem:id"]);
    expect(body.detail).toContain('write "alice"');
  });

  test("is named by an app server", async () => {
    const named = (query: string) => json(ask(trusted, query, { headers: server }));
    const { body } = await named("username=Alice+Smith&host=example.com");
    expect(body.jid).toBe("alice\\20smith@example.com");
    expect((await named("username=alice&host=example.com&exact=true")).status).toBe(200);
    for (const [query, type] of [
      ["username=Alice&host=example.com&exact=true", "id"],
      ["username=Alice&host=Example.com", "id"],
      ["username=Alice&exact=true", "request"],
      ["username=Alice&host=example.com&exact=yes", "request"],
      ["host=example.com", "request"],
    ]) {
      const { status, body } = await named(query as string);
      expect([status, body.type], query).toEqual([400, `urn:mayfly:problem:${type}`]);
    }
  });
});

describe("who asks", () => {
  test("is an app server, for whom it likes", async () => {
    const { body } = await json(ask(trusted, "username=bob@example.com", { headers: server }));
    expect(body.jid).toBe("bob@example.com");
  });

  test("is the user of the app's session, for himself alone", async () => {
    expect((await ask(signedIn, `username=${alice}`)).status).toBe(200);
    for (const username of ["bob@example.com", "alice", "alice@example.org"]) {
      const { status, body } = await json(ask(signedIn, `username=${username}`));
      expect([status, body.type]).toEqual([403, "urn:mayfly:problem:forbidden"]);
    }
  });

  test("is the user of an issuer's token, for himself alone", async () => {
    const headers = bearer(await issued());
    for (const query of ["", "service=turn", "service=sip", `username=${alice}`]) {
      expect((await json(ask({}, query, { headers }))).status).toBe(200);
    }
    const { body } = await json(ask({}, "", { headers }));
    expect(body.jid).toBe(alice);
    expect((await ask({}, "username=bob@example.com", { headers })).status).toBe(403);
  });

  test.each([
    ["nobody", {}, 401, "sign in"],
    ["another key", bearer("another key"), 401, "refused: malformed"],
    ["the beginning of a key", bearer(apiKey.slice(0, -1)), 401, "refused: malformed"],
    ["a key as the password of Basic", { authorization: `Basic ${btoa(`:${apiKey}`)}` }, 401, ""],
    ["a key without Bearer", { authorization: apiKey }, 401, "sign in"],
  ])("is not %s", async (_, headers, code, detail) => {
    const answer = await ask(trusted, `username=${alice}`, { headers });
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
    const { status, body } = await json(answer);
    expect([status, body.detail]).toEqual([code, expect.stringContaining(detail)]);
  });

  test("is not a wrong key in the query, whatever stands in the header", async () => {
    const answer = await ask(trusted, `username=${alice}&key=nonsense`, { headers: server });
    expect(answer.status).toBe(401);
  });

  test("is nobody by an API key where none is set", async () => {
    for (const key of ["", "undefined", apiKey]) {
      const answer = await ask({}, `username=${alice}`, { headers: bearer(key) });
      expect(answer.status).toBe(401);
    }
  });

  test.each([
    ["that expired", { exp: now() - 1 }, "expired"],
    ["for others", { aud: "others" }, "wrong-audience"],
    ["of another issuer", { iss: "https://other.example" }, "malformed"],
    ["for a host that is not theirs", { sub: "alice@other.example" }, "wrong-host"],
    ["for a name that no server takes", { sub: "a b" }, "wrong-user"],
  ])("is not who shows an issuer's token %s", async (_, claims, reason) => {
    const answer = ask({}, "", { headers: bearer(await issued(claims)) });
    expect(await json(answer)).toMatchObject({
      status: 401,
      body: { detail: `the token is refused: ${reason}` },
    });
  });

  test.each(["mojoauth", "jwt"] as const)(
    "is not who shows a credential of ours: a %s token gets no next one",
    async (format) => {
      const headers = bearer(await ourToken({ format }));
      const { status, body } = await json(ask(signedIn, "", { headers }));
      expect([status, body.jid]).toEqual([200, alice]); // by the session alone
      expect((await ask(trusted, "", { headers })).status).toBe(401);
    },
  );

  test("shows an issuer's token as often as it lives, whatever holds for credentials", async () => {
    const policies = new Policies({
      [host]: { singleUse: true, maxTtl: 30, ttl: 30, formats: ["mojoauth"] },
    });
    const store = await openStore("memory");
    const headers = bearer(await issued());
    for (let round = 0; round < 2; round++) {
      expect((await ask({ policies, store }, "", { headers })).status).toBe(200);
    }
    await revokeUser("alice", host, { store, policies });
    const { body } = await json(ask({ policies, store }, "", { headers }));
    expect(body.detail).toBe("the token is refused: revoked");
    const elsewhere = new Policies({ "other.example": {} });
    expect((await ask({ policies: elsewhere }, "", { headers })).status).toBe(401);
  });

  test("is told when it cannot be checked", async () => {
    const store = await openStore("memory");
    const broken = { ...store, look: () => Promise.reject(new Error("away")) };
    const answer = ask({ store: broken }, "", { headers: bearer(await issued()) });
    expect(await json(answer)).toMatchObject({
      status: 503,
      body: { type: "urn:mayfly:problem:unavailable" },
    });
  });
});

describe("a problem", () => {
  test.each([
    ["service=mqtt", "request", "service must be one of xmpp, sip, turn"],
    ["ttl=soon", "request", "ttl must be a number of seconds"],
    ["ttl=-1", "request", "ttl must be a number of seconds"],
    ["ttl=0", "ttl", "out of range: from 1 s to 86400 s"],
    ["ttl=86401", "ttl", "out of range: from 1 s to 86400 s"],
    ["ttl=999999999", "ttl", "out of range"],
    ["present=username", "request", "not presented as username"],
    ["username=Alice@example.com", "id", 'write "alice@example.com"'],
    ["username=", "id", "name the bare JID"],
    ["username=alice", "id", "is not a bare JID"],
    ["username=alice@other.example", "host", "other.example is not one of the hosts served"],
    ["service=turn&format=jwt&username=alice@example.com", "no-key", "serves turn"],
  ])("is told for %s", async (query, kind, detail) => {
    const policies = new Policies({ [host]: {} });
    const all = query.startsWith("username") ? query : `username=${alice}&${query}`;
    const answer = await ask({ ...trusted, policies }, all, { headers: server });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    const { status, body } = await json(answer);
    expect([status, body.status]).toEqual([400, 400]);
    expect(body.type).toBe(`urn:mayfly:problem:${kind}`);
    expect(body.title).toMatch(/^[A-Z]/);
    expect(body.detail).toContain(detail);
  });

  test("of our own is not told", async () => {
    const user = () => {
      throw new Error("the password of the database is north");
    };
    const { status, body } = await json(ask({ user }));
    expect([status, body.type]).toEqual([500, "urn:mayfly:problem:internal"]);
    expect(JSON.stringify(body)).not.toContain("north");
  });

  test("is a body that is too large", async () => {
    const form = (bytes: number) => ({ method: "POST", body: "x".repeat(bytes), headers: server });
    expect((await ask(trusted, `username=${alice}`, form(16_384))).status).toBe(200);
    const { status, body } = await json(ask(trusted, `username=${alice}`, form(16_385)));
    expect([status, body.type]).toEqual([413, "urn:mayfly:problem:too-large"]);
  });
});

describe("a page from another origin", () => {
  const origins = ["https://app.example.com"];
  const from = (origin: string) => ({ headers: { origin } });

  test("may ask, if it is listed", async () => {
    const { headers } = await ask({ ...signedIn, origins }, "", from("https://app.example.com"));
    expect(headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(headers.get("access-control-allow-credentials")).toBe("true");
    expect(headers.get("vary")).toContain("Origin");
  });

  test("also reads why not", async () => {
    const answer = await ask({ origins }, "", from("https://app.example.com"));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
  });

  test.each([
    "https://evil.example",
    "https://app.example.com.evil.example",
    "http://app.example.com",
    "https://app.example.com:8443",
    "null",
  ])("may not from %s", async (origin) => {
    for (const list of [origins, []]) {
      const { headers } = await ask({ ...signedIn, origins: list }, "", from(origin));
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  test("is told before it asks what it may send", async () => {
    const headers = {
      origin: "https://app.example.com",
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization",
    };
    const answer = await ask({ origins }, "", { method: "OPTIONS", headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(answer.headers.get("access-control-allow-methods")).toBe("GET,POST");
  });
});

describe("too many requests", () => {
  test("of a user are stopped for a while, and nobody else's", async () => {
    const app = credentials({
      ...trusted,
      limiter: new RateLimiter(3),
      user: (c) => c.req.header("x-user"),
    });
    const statuses = async (headers: Record<string, string>, query = "") =>
      Promise.all(
        Array.from(
          { length: 5 },
          async () => (await app.request(`/?${query}`, { headers })).status,
        ),
      );
    expect(await statuses({ "x-user": alice })).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses({ "x-user": "bob@example.com" })).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses({})).toEqual([401, 401, 401, 429, 429]);
    // Who is good gets in, though others were refused from the same address.
    expect(await statuses(server, `username=${alice}`)).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses(bearer(await issued({ sub: "carol" })))).toContain(200);
  });

  test("are told when to come back", async () => {
    const app = credentials({ ...signedIn, limiter: new RateLimiter(1) });
    await app.request("/");
    const answer = await app.request("/");
    expect(answer.headers.get("retry-after")).toBe("60");
    expect(await answer.json()).toMatchObject({ type: "urn:mayfly:problem:too-many-requests" });
  });
});

test("a key that only verifies mints nothing", async () => {
  const old = new Keyring(keys.map((key) => ({ ...key, state: "verify" as const })));
  const { body } = await json(ask({ ...signedIn, keyring: old }));
  expect(body.type).toBe("urn:mayfly:problem:no-key");
});

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { RequestRecord } from "../../../../src/http/index.ts";
import { openStore, type Store } from "../../../../src/store/index.ts";
import { revokeUser } from "../../../../src/verify/index.ts";
import { sameOrigin, WebClient } from "../../../support/clients/web-client.ts";
import {
  type OidcProvider,
  startOidcProvider,
} from "../../../support/servers/http/oidc-provider.ts";
import { type SignInApp, startSignInApp } from "../../../support/servers/http/sign-in-app.ts";
import { until } from "../../../support/until.ts";
import { alice, type Body, host, keyring } from "../../fixtures.ts";

const clientSecret = "the secret of Mayfly at the provider";
const clientId = "mayfly";
const client = { client_id: clientId, client_secret: clientSecret };

let provider: OidcProvider;
let app: SignInApp;
let store: Store;
beforeAll(async () => {
  store = await openStore("memory");
  app = await startSignInApp(async (url) => {
    provider = await startOidcProvider({
      clients: [
        {
          ...client,
          redirect_uris: [`${url}/sign-in/callback`],
          post_logout_redirect_uris: [`${url}/sign-out/done`],
          backchannel_logout_uri: `${url}/oidc/backchannel-logout`,
        },
      ],
      users: {
        nobody: { preferred_username: "a@b@c", groups: ["chat"] },
        guest: { preferred_username: "guest", groups: ["guests"] },
        dave: { preferred_username: "dave", groups: ["chat", "moderators"] },
      },
    });
    const { issuer } = provider;
    return {
      ...{ keyring, store },
      signIn: {
        issuer,
        url,
        host,
        clientId,
        clientSecret,
        user: "preferred_username",
        require: { groups: "chat" },
      },
      trustedHeader: { name: "Remote-User", proxies: ["127.0.0.1"], host },
      jitsi: {
        origins: ["https://meet.example.com"],
        key: "meet",
        claims: {
          group: "preferred_username",
          moderator: { claim: "groups", has: ["moderators"] },
          features: { recording: { claim: "groups", has: ["chat"] } },
        },
      },
    };
  }, "/mayfly");
});
afterAll(async () => {
  app?.stop();
  await provider?.stop();
});
afterEach(() => void vi.useRealTimers());

const isCallback = (url: string) => url.includes("/sign-in/callback");
const cookieOf = (browser: WebClient, name = "__Host-mayfly") =>
  browser.cookies.get(`127.0.0.1 ${name}`);

/** A browser in which a user has signed in. */
async function signedIn(user = "alice"): Promise<WebClient> {
  const browser = new WebClient();
  await browser.signIn(`${app.url}/sign-in`, user, (url) => url === `${app.url}/`);
  expect(cookieOf(browser)).toBeDefined();
  return browser;
}

/** Asks for a credential, as a page of the same origin does: the JID, or the status. */
async function credentials(browser: WebClient, headers = sameOrigin): Promise<string | number> {
  const answer = await browser.send(`${app.url}/credentials`, { headers });
  return answer.status === 200 ? ((await answer.json()) as Body).jid : answer.status;
}

/** Signs in as far as the address that the provider sends the browser back to. */
async function untilCallback(browser: WebClient, user = "alice"): Promise<string> {
  const { url } = await browser.signIn(`${app.url}/sign-in`, user, isCallback);
  expect(url).toMatch(/\/sign-in\/callback\?code=.*&state=.*&iss=/);
  return url;
}

async function refused(browser: WebClient, callback: string): Promise<void> {
  const answer = await browser.send(callback);
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain("Not signed in");
  expect(cookieOf(browser)).toBeUndefined();
  expect(await credentials(browser)).toBe(401);
}

describe("a user who signs in", () => {
  test("is sent to the provider with all that belongs there, and back with a cookie", async () => {
    const browser = new WebClient();
    const asked = await browser.send(`${app.url}/sign-in`);
    const location = new URL(asked.headers.get("location") ?? "");
    expect(location.origin).toBe(provider.issuer);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      client_id: "mayfly",
      response_type: "code",
      redirect_uri: `${app.url}/sign-in/callback`,
      scope: "openid profile email",
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
    const { url } = await browser.signIn(location.href, "alice", isCallback);
    const back = await browser.send(url);
    expect([back.status, back.headers.get("location")]).toEqual([302, `${app.url}/`]);
    const [removed, session] = back.headers.getSetCookie();
    expect(removed).toMatch(/^__Host-mayfly-sign-in=;.*Max-Age=0/);
    expect(session).toMatch(
      /^__Host-mayfly=eyJ[\w.-]+; Max-Age=1800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(await credentials(browser)).toBe(alice);
    expect(app.records).toContainEqual(
      expect.objectContaining({ op: "sign-in", ok: true, jid: alice, route: "/sign-in/callback" }),
    );
  });

  test("calls with the same sign-in: a page has credentials for SIP and TURN by the cookie", async () => {
    const browser = await signedIn();
    for (const service of ["sip", "turn"]) {
      const url = `${app.url}/credentials?service=${service}`;
      const answer = await browser.send(url, { headers: sameOrigin });
      expect(((await answer.json()) as Body).username).toMatch(/^\d+:alice@example\.com$/);
    }
  });

  test("is logged by the routes that were asked for", async () => {
    const browser = await signedIn();
    app.records.length = 0;
    await credentials(browser);
    await browser.send(`${app.url}/sign-out/done`);
    await browser.send(`${app.url}/nowhere`);
    expect(app.records.map(({ route }) => route)).toEqual(["/credentials", "/sign-out/done", "/*"]);
  });

  test("returns to the page that was asked for", async () => {
    const browser = new WebClient();
    const asked = `${app.url}/sign-in?return=${encodeURIComponent("/mayfly/chat?a=b")}`;
    const { url } = await browser.signIn(asked, "alice", (it) => it.includes("/chat"));
    expect(url).toBe(`${app.url}/chat?a=b`);
  });

  test.each([
    ...["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "evil"],
    ...["javascript:alert(1)", "/\tevil.example", "/\n/evil.example", "/%0d%0a", " /chat"],
    ...[
      "/mayfly/sign-out",
      "/mayfly/sign-in?return=/x",
      "/mayfly/x/../sign-out",
      `/${"x".repeat(3000)}`,
    ],
  ])("is sent nowhere else: %j", async (path) => {
    const browser = new WebClient();
    const answer = await browser.send(`${app.url}/sign-in?return=${encodeURIComponent(path)}`);
    if (path === "/%0d%0a") {
      expect(answer.status).toBe(302); // a path as good as any, still encoded
      return;
    }
    expect([answer.status, ((await answer.json()) as Body).type]).toEqual([
      400,
      "urn:mayfly:problem:request",
    ]);
  });

  test.each([
    ["whose name no server takes", "nobody"],
    ["who lacks a required claim", "guest"],
  ])("%s is told so", async (_, name) => {
    const browser = new WebClient();
    const { answer } = await browser.signIn(`${app.url}/sign-in`, name);
    expect(await answer.text()).toContain("not one for this chat");
    expect(cookieOf(browser)).toBeUndefined();
  });
});

describe("who only has the cookie of a user", () => {
  test.each([
    ["another site", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }],
    ["another host of the site", { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }],
    ["a link", { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }],
  ])("gets no credential by %s", async (_, headers) => {
    expect(await credentials(await signedIn(), headers)).toBe(401);
  });

  test("gets none in an older browser, unless a page of the same origin asks", async () => {
    const browser = await signedIn();
    const { origin } = new URL(app.url);
    const ask = async (headers: Record<string, string>) => {
      return credentials(browser, { "sec-fetch-site": "", ...headers });
    };
    expect(await ask({ referer: `${origin}/mayfly/chat` })).toBe(alice);
    expect(await ask({ origin })).toBe(alice);
    expect(await ask({})).toBe(401);
    expect(await ask({ origin: "https://evil.example", referer: origin })).toBe(401);
    expect(await ask({ referer: `${origin}.evil.example/` })).toBe(401);
  });
});

describe("an attacker", () => {
  test("signs nobody in with a callback of the attacker's own (CSRF)", async () => {
    const callback = await untilCallback(new WebClient(), "mallory");
    await refused(new WebClient(), callback);
  });

  test("signs nobody in who is about to sign in (CSRF)", async () => {
    const callback = await untilCallback(new WebClient(), "mallory");
    const victim = new WebClient();
    await victim.send(`${app.url}/sign-in`);
    await refused(victim, callback);
  });

  test("signs in no second time with a state that was used, though its code is fresh", async () => {
    const browser = new WebClient();
    const asked = (await browser.send(`${app.url}/sign-in`)).headers.get("location") ?? "";
    const kept = cookieOf(browser, "__Host-mayfly-sign-in") ?? "";
    const { url } = await browser.signIn(asked, "alice", isCallback);
    expect((await browser.send(url)).status).toBe(302);
    // The same request again, with what the browser had kept: the provider answers with another code.
    const again = new WebClient();
    const second = await again.signIn(asked, "alice", isCallback);
    expect(second.url).not.toBe(url);
    again.cookies.set("127.0.0.1 __Host-mayfly-sign-in", kept);
    await refused(again, second.url);
  });

  test.each([
    ["of another provider", (url: URL) => url.searchParams.set("iss", "https://evil.example")],
    ["without the name of its provider", (url: URL) => url.searchParams.delete("iss")],
  ])("mixes no response up: %s", async (_, change) => {
    const browser = new WebClient();
    const callback = new URL(await untilCallback(browser));
    change(callback);
    await refused(browser, callback.href);
  });

  test("gets no secret into the log", async () => {
    const warnings = app.records.flatMap(({ warning }: RequestRecord) => warning ?? []);
    expect(warnings.length).toBeGreaterThan(1);
    const all = JSON.stringify(app.records);
    for (const secret of [clientSecret, "code=", "eyJ"]) expect(all).not.toContain(secret);
  });
});

describe("the cookie", () => {
  const use = (token: string) => {
    const browser = new WebClient();
    browser.cookies.set("127.0.0.1 __Host-mayfly", token);
    return credentials(browser);
  };

  test("counts as it is, and with nothing changed in it", async () => {
    const token = cookieOf(await signedIn()) ?? "";
    expect(await use(token)).toBe(alice);
    const [header = "", payload = "", signature = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const bob = encode({ ...claims, jid: `bob@${host}` });
    const none = encode({ alg: "none" });
    for (const forged of [
      `${header}.${bob}.${signature}`,
      `${none}.${payload}.`,
      `${none}.${bob}.`,
      `${header}.${payload}.`,
      token.slice(0, -4),
      "",
    ]) {
      expect(await use(forged)).toBe(401);
    }
  });

  test("of a sign-in that is under way is no session", async () => {
    const browser = new WebClient();
    await browser.send(`${app.url}/sign-in`);
    expect(await use(cookieOf(browser, "__Host-mayfly-sign-in") ?? "")).toBe(401);
  });

  test("is renewed while it is used, and ends unused after half an hour", async () => {
    const browser = await signedIn();
    const first = cookieOf(browser) ?? "";
    expect(await credentials(browser)).toBe(alice);
    expect(cookieOf(browser)).toBe(first);
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start + 61_000 });
    expect(await credentials(browser)).toBe(alice);
    const second = cookieOf(browser) ?? "";
    expect(second).not.toBe(first);
    vi.setSystemTime(start + 1_800_000 + 30_000);
    expect([await use(first), await use(second)]).toEqual([401, alice]);
    vi.setSystemTime(start + 2 * 1_800_000 + 62_000);
    expect(await use(second)).toBe(401);
  });

  test("ends twelve hours after the sign-in, however it is used", async () => {
    const browser = await signedIn();
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"] });
    for (let minutes = 25; minutes < 12 * 60; minutes += 25) {
      vi.setSystemTime(start + minutes * 60_000);
      expect([minutes, await credentials(browser)]).toEqual([minutes, alice]);
    }
    vi.setSystemTime(start + 12 * 3_600_000 + 1000);
    expect(await credentials(browser)).toBe(401);
  });
});

describe("a user who signs out", () => {
  test("does so here and at the provider, and no copy of the cookie counts", async () => {
    const browser = await signedIn();
    const copy = new WebClient();
    copy.cookies.set("127.0.0.1 __Host-mayfly", cookieOf(browser) ?? "");
    const answer = await browser.send(`${app.url}/sign-out`, { headers: sameOrigin });
    const location = new URL(answer.headers.get("location") ?? "");
    expect(location.origin + location.pathname).toBe(`${provider.issuer}/session/end`);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      client_id: "mayfly",
      post_logout_redirect_uri: `${app.url}/sign-out/done`,
    });
    expect(cookieOf(browser)).toBeUndefined();
    expect(await credentials(copy)).toBe(401);
    const done = await browser.send(`${app.url}/sign-out/done`);
    expect(await done.text()).toContain("You are signed out.");
  });

  test("at the provider alone is signed out here as well (back-channel)", async () => {
    const browser = await signedIn("erin");
    expect(await credentials(browser)).toBe(`erin@${host}`);
    const asked = await browser.send(`${provider.issuer}/session/end?client_id=${clientId}`);
    const page = await asked.text();
    const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
    const body = new URLSearchParams({ xsrf, logout: "yes" });
    await browser.send(`${provider.issuer}/session/end/confirm`, { method: "POST", body });
    await until(() => app.records.some(({ op, ok }) => op === "logout" && ok));
    expect(app.records.findLast(({ op }) => op === "logout")).toMatchObject({
      jid: `erin@${host}`,
    });
    expect(await credentials(browser)).toBe(401);
  });

  test("means it: a link of another site only asks", async () => {
    const browser = await signedIn();
    for (const site of ["cross-site", "same-site", "none"]) {
      const answer = await browser.send(`${app.url}/sign-out`, {
        headers: { "sec-fetch-site": site },
      });
      expect(await answer.text()).toContain('href="/mayfly/sign-out"');
    }
    expect(await credentials(browser)).toBe(alice);
  });

  test("is signed out as well when an admin revokes", async () => {
    const browser = await signedIn("carol");
    expect(await credentials(browser)).toBe(`carol@${host}`);
    await revokeUser("carol", host, { store });
    expect(await credentials(browser)).toBe(401);
  });
});

describe("Jitsi Meet", () => {
  test("has its users sign in, and then enter the room", async () => {
    const browser = new WebClient();
    const state = JSON.stringify({ room: "Stand-Up", "config.startWithAudioMuted": true });
    const asked = `${app.url}/jitsi/token?${new URLSearchParams({ room: "Stand-Up", state })}`;
    const away = (url: string) => url.startsWith("https://meet.example.com/");
    const { url } = await browser.signIn(asked, "alice", away);
    expect(url).toMatch(/^https:\/\/meet\.example\.com\/stand-up\?jwt=eyJ/);
    // The next time at once, sent by a page of another site.
    const headers = { "sec-fetch-site": "cross-site" };
    expect((await browser.send(asked, { headers })).headers.get("location")).toMatch(
      /^https:\/\/meet\.example\.com\/stand-up\?jwt=/,
    );
  });

  test("hears from the provider's claims who moderates, however often users come", async () => {
    for (const [user, moderator] of [
      ["alice", false],
      ["dave", true],
    ] as const) {
      const browser = await signedIn(user);
      for (const room of ["first", "second"]) {
        const answer = await browser.send(`${app.url}/jitsi/token?room=${room}`);
        const back = new URL(answer.headers.get("location") ?? "");
        const [, payload = ""] = (back.searchParams.get("jwt") ?? "").split(".");
        expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({
          room,
          moderator,
          context: {
            user: { id: `${user}@${host}`, moderator: String(moderator) },
            features: { recording: "true" },
            group: user,
          },
        });
      }
    }
  });

  test("hears nothing of them for a user whom a proxy names instead", async () => {
    const browser = await signedIn("dave");
    const headers = { "Remote-User": "alice" };
    const answer = await browser.send(`${app.url}/jitsi/token?room=r`, { headers });
    const back = new URL(answer.headers.get("location") ?? "");
    const [, payload = ""] = (back.searchParams.get("jwt") ?? "").split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    expect(claims.context).toEqual({ user: { id: alice, name: "alice" } });
    expect(claims).not.toHaveProperty("moderator");
  });

  test("gets no token in a frame, nor by a page's own fetch", async () => {
    const browser = await signedIn();
    for (const headers of [
      { "sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site" },
      { "sec-fetch-mode": "cors", "sec-fetch-site": "same-site", "sec-fetch-dest": "empty" },
    ] as Record<string, string>[]) {
      const answer = await browser.send(`${app.url}/jitsi/token?room=r`, { headers });
      expect(answer.headers.get("location")).toContain(`${app.url}/sign-in?return=`);
    }
  });
});

test("the page that tells of a failure lets nothing run", async () => {
  const answer = await new WebClient().send(`${app.url}/sign-in/callback?code=<script>`);
  expect(answer.headers.get("content-security-policy")).toMatch(
    /^default-src 'none'; style-src 'sha256-/,
  );
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(await answer.text()).not.toContain("<script");
});

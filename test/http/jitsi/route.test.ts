import { describe, expect, test } from "vitest";
import { type JitsiOptions, jitsi, RateLimiter } from "../../../src/http/index.ts";
import { verify } from "../../../src/verify/index.ts";
import { alice, apiKey, bearer, host, issued, json, keyring, now } from "../fixtures.ts";

const server = { origins: ["https://meet.example.com", "https://talk.example.com"], key: "meet" };
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"; // RFC 7636 appendix B

type Changes = Partial<JitsiOptions["jitsi"]> & { user?: JitsiOptions["user"] };

function ask(
  asked: Record<string, string>,
  { user = () => alice, ...changes }: Changes = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  const app = jitsi({ keyring, apiKeys: [apiKey], user, jitsi: { ...server, ...changes } });
  return Promise.resolve(app.request(`/token?${new URLSearchParams(asked)}`, { headers }));
}

/** Where a request leads, read as the page reads it. */
async function lead(asked: Record<string, string>, changes: Changes = {}) {
  const answer = await ask(asked, changes);
  expect(answer.status).toBe(302);
  const url = new URL(answer.headers.get("location") ?? "");
  const settings = new Map(
    url.hash
      .slice(1)
      .split("&")
      .filter(Boolean)
      .map((setting) => {
        const [name = "", value = ""] = setting.split("=");
        return [name, JSON.parse(decodeURIComponent(value))];
      }),
  );
  const query = url.searchParams.get("jwt");
  const token = settings.get("jwt") ?? query;
  const [header, claims] = String(token)
    .split(".")
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  return { url, settings, query, token, header, claims, headers: answer.headers };
}

const state = (members: object) => JSON.stringify(members);

describe("a signed-in user", () => {
  test("is sent back to the room, with a token for it alone", async () => {
    const { url, token, header, claims, headers } = await lead({
      room: "Stand-Up",
      state: state({ room: "Stand-Up", roomSafe: "stand-up", tenant: "" }),
      code_challenge_method: "S256",
      code_challenge: challenge,
    });
    expect(`${url.origin}${url.pathname}`).toBe("https://meet.example.com/stand-up");
    expect(url.hash).toBe("");
    // What Jitsi's own module insists on, each to the letter.
    expect(header).toMatchObject({ typ: "JWT", alg: "HS256", kid: "meet" });
    expect(claims).toMatchObject({ iss: "app", aud: "jitsi", sub: host, room: "stand-up" });
    expect(claims.context.user).toEqual({ id: alice, name: "alice" });
    expect(claims.exp).toBe(claims.nbf + 3600);
    expect(claims.nbf).toBeLessThanOrEqual(now());
    const login = { user: "alice", host, password: token, profile: "jitsi" as const };
    expect(await verify(login, { keyring })).toMatchObject({ ok: true });
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("finds the settings again, as the page had them", async () => {
    const { settings, query } = await lead({
      state: state({
        room: "r",
        roomSafe: "r",
        "config.startWithAudioMuted": true,
        "config.prejoinConfig.enabled": false,
        "config.localSubject": "Tom & Jerry = 2 + 2 %",
        "config.subject": "",
        "config.toolbarButtons": '["hangup"]', // JSON, as it stood in the fragment before
        "interfaceConfig.APP_NAME": '"Meet"',
        "iceServers.replace": [{ urls: "turn:t" }],
        electron: true,
        refreshToken: "secret",
        "config.<script>": 1,
      }),
    });
    expect(Object.fromEntries(settings)).toEqual({
      "config.startWithAudioMuted": true,
      "config.prejoinConfig.enabled": false,
      "config.localSubject": "Tom & Jerry = 2 + 2 %",
      "config.toolbarButtons": ["hangup"],
      "interfaceConfig.APP_NAME": "Meet",
      "iceServers.replace": [{ urls: "turn:t" }],
    });
    expect(query).toMatch(/^eyJ/);
  });

  test("takes the token in the fragment, where no server sees it, if that is set", async () => {
    const { url, settings } = await lead(
      { room: "r", state: state({ room: "r", "config.startAudioOnly": true }) },
      { token: "fragment" },
    );
    expect(url.search).toBe("");
    expect([...settings.keys()]).toEqual(["config.startAudioOnly", "jwt"]);
    expect(settings.get("jwt")).toMatch(/^eyJ/);
  });

  test("is sent to the origin that the request names, if that is one of ours", async () => {
    const { url } = await lead({ room: "r", origin: "https://talk.example.com" });
    expect(url.origin).toBe("https://talk.example.com");
    for (const origin of [
      "https://evil.example",
      "https://meet.example.com.evil.example",
      "https://meet.example.com@evil.example",
      "http://meet.example.com",
      "//evil.example",
      "",
    ]) {
      const { status, body } = await json(ask({ room: "r", origin }));
      expect([status, body.type]).toEqual([403, "urn:mayfly:problem:forbidden"]);
    }
  });

  test("has the aud and sub that are set", async () => {
    const { claims } = await lead({ room: "r" }, { audience: "meet", subject: "meet.example.com" });
    expect(claims).toMatchObject({ aud: "meet", sub: "meet.example.com" });
  });

  test("enters only where the app lets him", async () => {
    const asked: unknown[] = [];
    const mayEnter: Changes["mayEnter"] = (jid, place) => {
      asked.push([jid, place]);
      return place.room !== "board";
    };
    await lead({ room: "Team", state: state({ room: "Team", tenant: "acme" }) }, { mayEnter });
    expect(asked).toEqual([[alice, { room: "team", tenant: "acme" }]]);
    expect((await ask({ room: "Board" }, { mayEnter })).status).toBe(403);
  });

  test("enters no tenant's rooms unless the app lets him", async () => {
    const asked = { room: "r", state: state({ room: "r", tenant: "acme" }) };
    expect((await ask(asked)).status).toBe(403);
    const { url, claims } = await lead(asked, { mayEnter: () => true });
    expect(url.pathname).toBe("/acme/r");
    expect(claims.sub).toBe("acme");
  });
});

describe("a room", () => {
  test.each([
    ["Zürich", "z%c3%bcrich"],
    ["Z%C3%BCrich", "z%c3%bcrich"],
    ["a b", "a%20b"],
    ["100%", "100%25"],
    ["[acme]r", "%5bacme%5dr"],
    ["a?b#c", "a%3fb%23c"],
    ["ＡＢ", "ab"],
  ])("%j is the one that Jitsi calls %s", async (room, name) => {
    const { url, claims } = await lead({ state: state({ room }) });
    expect(claims.room).toBe(name);
    expect(url.href.split("?")[0]).toBe(`https://meet.example.com/${name}`);
  });

  test.each([
    "*",
    "%2A",
    "",
    ".",
    "..",
    "%2e%2e",
    "a/../b",
    "a%2Fb",
    "a\\b",
    "a／b",
    "a\n",
    "x".repeat(1024),
  ])("%j is none, or more than one", async (room) => {
    for (const asked of [{ room }, { state: state({ room }) }]) {
      expect((await ask(asked)).status).toBe(400);
    }
  });

  test("with half a character is none, and half a setting no mistake of ours", async () => {
    expect((await ask({ state: '{"room":"a\\ud800"}' })).status).toBe(400);
    const { settings } = await lead({ room: "r", state: '{"config.x":"\\"\\ud800\\""}' });
    expect(settings.get("config.x")).toBe("\ud800");
  });

  test("that was cut short on its way is refused: the state knows", async () => {
    const asked = { room: "a", state: state({ room: "a&b" }) };
    const { status, body } = await json(ask(asked));
    expect([status, body.detail]).toEqual([400, "room and state name two rooms"]);
    expect((await ask({})).status).toBe(400);
  });
});

describe("what is not as Jitsi sends it is refused", () => {
  test.each([
    ["a state that is no JSON", { state: "{" }],
    ["a state that is no object", { state: '"room"' }],
    ["a room that is no text", { state: '{"room":1}' }],
    ["a tenant that leads elsewhere", { state: '{"tenant":"../x"}' }],
    ["a tenant of dots", { state: '{"tenant":".."}' }],
    ["a state that is too long", { state: state({ "config.x": "y".repeat(4096) }) }],
    ["a challenge of another method", { code_challenge_method: "plain" }],
    ["a challenge that is none", { code_challenge: "short" }],
  ])("%s", async (_, asked) => {
    const { status, body } = await json(ask({ room: "r", ...asked }));
    expect([status, body.type]).toEqual([400, "urn:mayfly:problem:request"]);
  });

  test("but not a challenge that an app left unfilled", async () => {
    await lead({ room: "r", code_challenge: "{code_challenge}" });
  });
});

describe("who is not signed in", () => {
  const user = () => undefined;

  test("gets no token", async () => {
    const { status, body } = await json(ask({ room: "r" }, { user }));
    expect([status, body.type]).toEqual([401, "urn:mayfly:problem:unauthorized"]);
  });

  test("gets one by an issuer's token, as a proxy in front may show it", async () => {
    expect((await ask({ room: "r" }, { user }, bearer(await issued()))).status).toBe(302);
    const expired = bearer(await issued({ exp: now() - 1 }));
    expect((await ask({ room: "r" }, { user }, expired)).status).toBe(401);
  });

  test("gets one from an app server, which says for whom", async () => {
    const headers = bearer(apiKey);
    expect((await ask({ room: "r", username: alice }, { user }, headers)).status).toBe(302);
    expect((await ask({ room: "r" }, { user }, headers)).status).toBe(400);
  });
});

test("too many requests are stopped for a while", async () => {
  const app = jitsi({ keyring, user: () => alice, limiter: new RateLimiter(1), jitsi: server });
  expect((await app.request("/token?room=r")).status).toBe(302);
  expect((await app.request("/token?room=r")).status).toBe(429);
});

import { afterEach, describe, expect, test, vi } from "vitest";
import { authorizationUrl, passwordGrant, readRedirect } from "../../src/client/index.ts";

const jid = "alice@example.org";

describe("the password grant", () => {
  const grant = { url: "https://example.org/oauth/token", jid, password: "a b&c" };
  afterEach(() => void vi.unstubAllGlobals());

  /** An ejabberd that answers so. */
  function answering(answer: Response | Error) {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => {
      if (answer instanceof Error) throw answer;
      return answer;
    });
    vi.stubGlobal("fetch", fetch);
    return fetch;
  }

  test("sends a form, and makes a credential of the token", async () => {
    const fetch = answering(Response.json({ access_token: "abc", expires_in: 300 }));
    const credential = await passwordGrant({ ...grant, client_id: "web", ttl: "300" });
    expect(credential).toEqual({
      ...{ jid, username: "alice", password: "abc", mechanism: "X-OAUTH2", ttl: 300 },
      expires: expect.any(Number),
    });
    const [url, { method, body } = {}] = fetch.mock.calls[0] ?? [];
    expect([url, method]).toEqual([grant.url, "POST"]);
    expect(Object.fromEntries(body as URLSearchParams)).toEqual({
      ...{ grant_type: "password", username: jid, password: "a b&c", scope: "sasl_auth" },
      ...{ client_id: "web", ttl: "300" },
    });
  });

  test.each([
    ["says why", Response.json({ error: "invalid_grant" }, { status: 400 }), /invalid_grant/],
    ["answers with a page", new Response("<h1>401</h1>", { status: 401 }), /no token/],
    ["hangs up", new TypeError("fetch failed"), /fetch failed/],
  ])("fails for good where ejabberd %s", async (_, answer, message) => {
    answering(answer);
    const error = await passwordGrant(grant).catch((it) => it);
    expect(error).toMatchObject({ name: "MayflyError", code: "ERR_MINT" });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain(grant.password);
  });
});

describe("the implicit grant", () => {
  const back = "https://app.example.org/back";
  const state = "5f0ba6c1-27d1-4a2e-8e1c-2f3b1c2d3e4f";

  test("begins on ejabberd's page", () => {
    const url = authorizationUrl({
      url: "https://example.org/oauth/authorization_token",
      ...{ client_id: "web", redirect_uri: `${back}?a=b&c`, state },
    });
    expect(url.href.split("?")[0]).toBe("https://example.org/oauth/authorization_token");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      ...{ response_type: "token", scope: "sasl_auth" },
      ...{ client_id: "web", redirect_uri: `${back}?a=b&c`, state },
    });
  });

  const answer = `access_token=abc&token_type=bearer&expires_in=3600&scope=sasl_auth&state=${state}`;
  test.each([
    ["fragment, as RFC 6749 says", `${back}#${answer}`],
    ["query, as ejabberd does", `${back}?${answer}`],
  ])("ends with a token in the %s", (_, redirect) => {
    expect(readRedirect(redirect, state, jid)).toEqual({
      ...{ jid, username: "alice", password: "abc", mechanism: "X-OAUTH2", ttl: 3600 },
      expires: expect.any(Number),
    });
  });

  test.each([
    ["another state", `${back}#${answer}0`, state],
    ["no state", `${back}#access_token=abc&expires_in=3600`, state],
    ["no state, where none was kept", `${back}#access_token=abc&expires_in=3600&state=`, ""],
    ["an error", `${back}?error=badpass&state=${state}`, state],
    ["nothing", back, state],
  ])("ends with nothing where the redirect has %s", (_, redirect, state) => {
    expect(() => readRedirect(redirect, state, jid)).toThrow(
      expect.objectContaining({ code: "ERR_MINT" }),
    );
  });
});

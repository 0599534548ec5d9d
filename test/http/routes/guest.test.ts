import { describe, expect, onTestFinished, test } from "vitest";
import { type GuestOptions, guest, routes } from "../../../src/http/index.ts";
import { listenHttp } from "../../../src/http/server.ts";
import { Keyring } from "../../../src/keyring/index.ts";
import { Policies } from "../../../src/policy.ts";
import { verify } from "../../../src/verify/index.ts";
import { alice, apiKey, type Body, bearer, host, keyring, keys } from "../fixtures.ts";

const guests = { host };

function ask(
  { headers = {}, query = "", method = "POST" }: Asked = {},
  options: Partial<GuestOptions> = {},
): Promise<Response> {
  const app = guest({ keyring, guests, ...options });
  return Promise.resolve(app.request(`/${query}`, { method, headers }));
}

interface Asked {
  headers?: Record<string, string>;
  query?: string;
  method?: string;
}

/** What a browser sends back of what it was given. */
function cookieOf(answer: Response): { cookie: string } {
  return { cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "" };
}

const body = async (answer: Response) => (await answer.json()) as Body;

describe("a guest", () => {
  test("gets a name of its own and a credential that lives shortly", async () => {
    const answer = await ask();
    expect(answer.status).toBe(200);
    const { jid, username, password, ttl } = await body(answer);
    expect(username).toMatch(/^guest-[a-z2-7]{16}$/);
    expect(jid).toBe(`${username}@${host}`);
    expect(ttl).toBe(600);
    expect(await verify({ user: username, host, password }, { keyring })).toMatchObject({
      ok: true,
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const attributes = answer.headers.get("set-cookie")?.split("; ").slice(1).sort();
    expect(attributes).toEqual(["HttpOnly", "Max-Age=86400", "Path=/", "SameSite=Lax", "Secure"]);
  });

  test("keeps its name over tabs and renewals, and another browser gets another", async () => {
    const first = await ask();
    const { jid } = await body(first.clone());
    const again = await ask({ headers: cookieOf(first) });
    expect((await body(again.clone())).jid).toBe(jid);
    expect((await body(await ask({ headers: cookieOf(again) }))).jid).toBe(jid);
    expect((await body(await ask())).jid).not.toBe(jid);
  });

  test("keeps its name when a key is retired, and loses it with the key", async () => {
    const first = await ask();
    const { jid } = await body(first.clone());
    const fresh = { id: "fresh", secret: "a fresh secret of thirty-two bytes" };
    const [old, ...others] = keys as [(typeof keys)[number], ...typeof keys];
    const jidWith = async (state: "verify" | "off") => {
      const rotated = new Keyring([fresh, { ...old, state }, ...others]);
      return (await body(await ask({ headers: cookieOf(first) }, { keyring: rotated }))).jid;
    };
    expect(await jidWith("verify")).toBe(jid);
    expect(await jidWith("off")).not.toBe(jid);
  });

  test("cannot take a name by a cookie that it made, changed, or got elsewhere", async () => {
    const first = await ask();
    const { jid } = await body(first.clone());
    const { cookie } = cookieOf(first);
    const [name, token = ""] = cookie.split("=");
    const [header, payload, signature] = token.split(".");
    const claims = { guest: "guest-aaaaaaaaaaaaaaaa", aud: host, exp: 4e9 };
    const forged = Buffer.from(JSON.stringify(claims)).toString("base64url");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    for (const wrong of [
      `${header}.${forged}.${signature}`,
      `${none}.${forged}.`,
      `${header}.${payload}.${"A".repeat(43)}`,
      "guest-aaaaaaaaaaaaaaaa",
    ]) {
      const answer = await ask({ headers: { cookie: `${name}=${wrong}` } });
      expect((await body(answer)).username).not.toBe("guest-aaaaaaaaaaaaaaaa");
    }
    const elsewhere = { guests: { host: "other.example" } };
    const other = await body(await ask({ headers: { cookie } }, elsewhere));
    expect(other.username).not.toBe(jid.split("@")[0]);
  });

  test("gets no longer credential than the host allows, and the one that is set", async () => {
    const policies = new Policies({ [host]: { maxTtl: 60 } });
    expect((await body(await ask({}, { policies }))).ttl).toBe(60);
    expect((await body(await ask({}, { guests: { host, ttl: 30 } }))).ttl).toBe(30);
    expect((await ask({}, { guests: { host, remember: 5 } })).headers.get("set-cookie")).toContain(
      "Max-Age=5;",
    );
  });

  test("gets credentials for the services that are named, and no others", async () => {
    expect((await ask({ query: "?service=turn" })).status).toBe(400);
    const turn = { guests: { host, services: ["xmpp", "turn"] as const }, turnUris: ["turn:t"] };
    const minted = await body(await ask({ query: "?service=turn" }, turn));
    expect(minted).toMatchObject({
      username: expect.stringMatching(/^\d+:guest-/),
      uris: ["turn:t"],
    });
  });

  test("asks by POST alone, from pages that are listed", async () => {
    expect((await ask({ method: "GET" })).status).toBe(404);
    const origins = ["https://app.example.com"];
    const allowed = async (origin: string) =>
      (await ask({ headers: { origin } }, { origins })).headers.get("access-control-allow-origin");
    expect(await allowed("https://app.example.com")).toBe("https://app.example.com");
    expect(await allowed("https://evil.example")).toBeNull();
  });
});

describe("too many guests", () => {
  async function serve(
    more: object = {},
  ): Promise<(headers?: Record<string, string>) => Promise<Response>> {
    const app = guest({ keyring, guests: { host, perMinute: 2, ...more } });
    const { url, close } = await listenHttp(app.fetch, "127.0.0.1:0");
    onTestFinished(() => close());
    return (headers = {}) => fetch(url, { method: "POST", headers });
  }
  const statuses = (answers: Response[]) => answers.map(({ status }) => status);

  test("from one address are stopped for a while; who is known renews", async () => {
    const post = await serve();
    const first = await post();
    expect(statuses([first, await post(), await post()])).toEqual([200, 200, 429]);
    const renew = () => post(cookieOf(first));
    expect(statuses([await renew(), await renew(), await renew()])).toEqual([200, 200, 429]);
    expect((await post()).headers.get("retry-after")).toBe("30");
  });

  test("are told apart by what a proxy says, and by nobody else's word", async () => {
    const from = (address: string) => ({ "x-forwarded-for": address });
    const direct = await serve();
    for (const address of ["192.0.2.1", "192.0.2.2"]) await direct(from(address));
    expect((await direct(from("192.0.2.3"))).status).toBe(429);

    const proxied = await serve({ proxies: ["127.0.0.1", "198.51.100.0/24"] });
    const asked: Response[] = [];
    for (const address of [
      ...["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"],
      "192.0.2.9, 192.0.2.1", // the client wrote the first itself
      "192.0.2.1, 198.51.100.7", // a second proxy behind it
      ...["2001:db8::1", "2001:db8:0:0:1::2", "2001:db8::3", "2001:db8:0:1::1"],
    ]) {
      asked.push(await proxied(from(address)));
    }
    expect(statuses(asked)).toEqual([200, 200, 429, 200, 429, 429, 200, 200, 429, 200]);
  });
});

describe("where there are guests", () => {
  const app = routes({ keyring, apiKeys: [apiKey], guests });
  const mintFor = async (jid: string, more = "") =>
    (await app.request(`/credentials?username=${jid}${more}`, { headers: bearer(apiKey) })).status;

  test("nobody else gets their names, and others get theirs", async () => {
    expect(await mintFor(`guest-aaaaaaaaaaaaaaaa@${host}`)).toBe(403);
    expect(await mintFor(`guest-a@${host}`, "&service=turn")).toBe(403);
    expect(await mintFor(`guest-a&host=${host}`)).toBe(403);
    expect(await mintFor("guest-a@other.example")).toBe(200);
    expect(await mintFor(alice)).toBe(200);
    expect((await app.request("/guest", { method: "POST" })).status).toBe(200);
  });

  test("is what has to be asked for", async () => {
    const without = routes({ keyring, apiKeys: [apiKey] });
    expect((await without.request("/guest", { method: "POST" })).status).toBe(404);
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MayflyError, type MintedCredential, mayfly } from "../../src/client/index.ts";

const credential: MintedCredential = {
  jid: "alice@example.com",
  username: "alice",
  password: "1893456000:x4Zzy4m6jLWqdLynZsDPKozh9TA=",
  ttl: 600,
  expires: 1893456000,
};
const minutes = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Lets a promise settle, however long it waits. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await vi.advanceTimersByTimeAsync(120 * minutes);
  return promise;
}

/** A source that counts, whose credentials live for `ttl` seconds. */
function counting(ttl = 600) {
  let count = 0;
  return vi.fn(async (): Promise<MintedCredential> => {
    count++;
    return { ...credential, password: `${credential.password}${count}`, ttl };
  });
}

/** Asks for a credential, and lets no more time pass than an answer takes. */
async function ask(login: ReturnType<typeof mayfly>): Promise<MintedCredential> {
  const asked = login.credential();
  await vi.advanceTimersByTimeAsync(1000); // what spreads the mints of many clients, at most
  return asked;
}

describe("a credential", () => {
  test.each([
    ["a tenth of its life is left", 600, 538_000, 541_000],
    ["ten seconds are left, of a short life", 30, 18_000, 21_000],
  ])("is kept until %s", async (_, ttl, before, after) => {
    const mint = counting(ttl);
    const login = mayfly({ mint });
    const first = await ask(login); // takes a second
    await vi.advanceTimersByTimeAsync(before - 1000);
    expect(await login.credential()).toBe(first);
    await vi.advanceTimersByTimeAsync(after - before);
    expect(await ask(login)).not.toEqual(first);
    expect(mint).toHaveBeenCalledTimes(2);
  });

  test.each([10, Number.NaN, undefined])("is not kept where its life is %s s", async (ttl) => {
    const mint = counting(ttl);
    const login = mayfly({ mint: async () => ({ ...(await mint()), ttl: ttl as number }) });
    await ask(login);
    await ask(login);
    expect(mint).toHaveBeenCalledTimes(2);
  });

  test("is known to have expired, where the device's clock was set back", async () => {
    const mint = counting();
    const login = mayfly({ mint });
    await ask(login);
    vi.setSystemTime(Date.now() - 60 * minutes);
    await ask(login);
    expect(mint).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(10 * minutes);
    await ask(login);
    expect(mint).toHaveBeenCalledTimes(2);
  });

  test("is known to have expired, where the device slept and its monotonic clock with it", async () => {
    const mint = counting();
    const login = mayfly({ mint });
    await ask(login);
    vi.setSystemTime(Date.now() + 10 * minutes);
    await ask(login);
    expect(mint).toHaveBeenCalledTimes(2);
  });

  test("is judged by its ttl: when it expires, a device may see wrong", async () => {
    const mint = vi.fn(async () => ({ ...credential, expires: 1 }));
    const login = mayfly({ mint });
    await ask(login);
    await ask(login);
    expect(mint).toHaveBeenCalledTimes(1);
  });

  test("is minted once for all who ask at the same time", async () => {
    const mint = counting();
    const login = mayfly({ mint });
    const asked = [login.credential(), login.credential(), login.credential()];
    const [first, ...others] = await settled(Promise.all(asked));
    expect(others).toEqual([first, first]);
    expect(mint).toHaveBeenCalledTimes(1);
  });

  test("is minted anew once it is forgotten, and only the last one can be", async () => {
    const mint = counting();
    const login = mayfly({ mint });
    const first = await ask(login);
    login.forget(first);
    const second = await ask(login);
    login.forget(first);
    expect(await ask(login)).toBe(second);
    expect(mint).toHaveBeenCalledTimes(2);
  });

  test("is told of when it is minted", async () => {
    const onMint = vi.fn();
    const login = mayfly({ mint: counting(), onMint });
    const minted = await ask(login);
    await ask(login);
    expect(onMint.mock.calls).toEqual([[minted]]);
  });

  test("is forgotten with its user, who signs out", async () => {
    const mint = counting();
    const login = mayfly({ mint });
    const hers = await ask(login);
    login.forget();
    expect(await ask(login)).not.toEqual(hers);
    expect(mint).toHaveBeenCalledTimes(2);
  });

  test.each([
    ["arrives", () => credential],
    ["fails for good", () => Promise.reject(new MayflyError("ERR_MINT", "signed out"))],
    ["fails, and may pass", () => Promise.reject(new TypeError("fetch failed"))],
  ])(
    "that was asked for by a user who has signed out is not the next one's: it %s",
    async (_, end) => {
      let arrive = () => {};
      const arriving = new Promise<void>((done) => {
        arrive = done;
      });
      const mint = counting().mockReturnValueOnce(arriving.then(end));
      const told = vi.fn();
      const login = mayfly({ mint, onMint: told, onRetry: told });
      const asked = login.credential();
      await vi.advanceTimersByTimeAsync(1);
      login.forget();
      const his = await ask(login);
      arrive();
      expect(await asked).toBe(his);
      expect(await ask(login)).toBe(his);
      expect(told.mock.calls).toEqual([[his]]);
    },
  );

  test("for another user than insisted on is refused, and asked for once", async () => {
    const mint = counting();
    expect(await ask(mayfly({ mint, jid: "alice@example.com" }))).toMatchObject({
      jid: "alice@example.com",
    });
    for (const jid of ["bob@example.com", "", "alice@example.co"]) {
      mint.mockClear();
      const login = mayfly({ mint, jid });
      await expect(settled(login.credential())).rejects.toMatchObject({ code: "ERR_MINT" });
      expect(mint).toHaveBeenCalledTimes(1);
    }
    mint.mockResolvedValueOnce({ ...credential, jid: undefined as unknown as string });
    const nobodys = mayfly({ mint, jid: "alice@example.com" }).credential();
    await expect(settled(nobodys)).rejects.toMatchObject({ code: "ERR_MINT" });
  });

  test.each([0, 0.5, 0.999])(
    "that is refused again and again is minted less than 20 times a minute (chance: %d)",
    async (chance) => {
      vi.spyOn(Math, "random").mockReturnValue(chance);
      const times: number[] = [];
      const login = mayfly({ mint: counting() });
      const loop = async () => {
        while (times.length < 100) {
          const refused = await login.credential();
          times.push(performance.now());
          login.forget(refused);
        }
      };
      void loop();
      await vi.advanceTimersByTimeAsync(10 * minutes);
      const [first = 0, second = 0] = times;
      expect(second - first).toBeLessThanOrEqual(1); // the first refusal costs no time
      const within = times.map((start) =>
        times.filter((it) => it >= start && it < start + minutes),
      );
      expect(Math.max(...within.map(({ length }) => length))).toBeLessThan(20);
      expect(times.length).toBeGreaterThan(20);
    },
  );

  test.each([
    ["nothing", undefined],
    ["null", null],
    ["without a password", { ...credential, password: undefined }],
    ["with an empty username", { ...credential, username: "" }],
    ["with half a character in the username", { ...credential, username: "half \ud83d" }],
    ["with a NUL in the password", { ...credential, password: "a\0b" }],
    ["with an authzid that is no text", { ...credential, authzid: 7 }],
  ])("that comes as %s is refused, and asked for once", async (_, minted) => {
    const mint = vi.fn(() => minted as MintedCredential);
    const login = mayfly({ mint });
    await expect(settled(login.credential())).rejects.toMatchObject({ code: "ERR_CREDENTIAL" });
    expect(mint).toHaveBeenCalledTimes(1);
  });
});

describe("a source that fails", () => {
  test.each([0, 0.5, 0.999])(
    "and is down for 5 s is asked 4 times at most (chance: %d)",
    async (chance) => {
      vi.spyOn(Math, "random").mockReturnValue(chance);
      const up = performance.now() + 5000;
      const mint = vi.fn(async () => {
        if (performance.now() < up) throw new TypeError("fetch failed");
        return credential;
      });
      const login = mayfly({ mint });
      expect(await settled(login.credential())).toEqual(credential);
      expect(mint.mock.calls.length).toBeLessThanOrEqual(4);
    },
  );

  test("is asked ever less often, and each time that is told", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const failure = new TypeError("fetch failed");
    const onRetry = vi.fn();
    void mayfly({ mint: () => Promise.reject(failure), onRetry }).credential();
    await vi.advanceTimersByTimeAsync(2 * minutes);
    const waits = [1500, 3000, 6000, 12_000, 22_500, 22_500];
    expect(onRetry.mock.calls.slice(0, 6)).toEqual(waits.map((wait) => [failure, wait]));
  });

  test("and has recovered is asked as soon as at first, when it fails again", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const down = new TypeError("fetch failed");
    const mint = counting(30).mockRejectedValueOnce(down).mockRejectedValueOnce(down);
    const onRetry = vi.fn();
    const login = mayfly({ mint, onRetry });
    await settled(login.credential());
    mint.mockRejectedValueOnce(down);
    await settled(login.credential());
    expect(onRetry.mock.calls.map(([, wait]) => wait)).toEqual([1500, 3000, 1500]);
  });

  test("is asked again by all who wait, once", async () => {
    const mint = counting().mockRejectedValueOnce(new TypeError("fetch failed"));
    const login = mayfly({ mint });
    await settled(Promise.all([login.credential(), login.credential()]));
    expect(mint).toHaveBeenCalledTimes(2);
  });

  test.each<[string, unknown]>([
    [
      "a mistake in the app",
      new TypeError("Cannot read properties of undefined (reading 'fetch')"),
    ],
    ["another", new ReferenceError("networkError is not defined")],
    [
      "what is no URL",
      Object.assign(new TypeError("Failed to parse URL from /a"), {
        cause: { code: "ERR_INVALID_URL" },
      }),
    ],
    ["an error of the app", new Error("no session")],
    ["a refusal", Object.assign(new Error("Request failed"), { response: { status: 401 } })],
    ["text", "no session"],
    ["nothing", undefined],
  ])("for good is asked once, and what it threw is the cause: %s", async (_, thrown) => {
    const onRetry = vi.fn();
    const mint = vi.fn(() => Promise.reject(thrown));
    const error = await settled(mayfly({ mint, onRetry }).credential()).catch((it) => it);
    expect(error).toMatchObject({ name: "MayflyError", code: "ERR_MINT" });
    expect(error.cause).toBe(thrown);
    expect(mint).toHaveBeenCalledTimes(1);
    expect(onRetry).not.toHaveBeenCalled();
  });

  test.each<[string, unknown]>([
    ["Node has no network", new TypeError("fetch failed")],
    ["Chromium has none", new TypeError("Failed to fetch")],
    ["Firefox has none", new TypeError("NetworkError when attempting to fetch resource.")],
    ["Safari has none", new TypeError("Load failed")],
    ["React Native has none", new TypeError("Network request failed")],
    ["a socket is refused", Object.assign(new Error("connect"), { code: "ECONNREFUSED" })],
    ["time is over", new DOMException("The operation timed out.", "TimeoutError")],
    ["a server fails", Object.assign(new Error("HTTP 503"), { status: 503 })],
    ["axios says so", Object.assign(new Error("failed"), { response: { status: 502 } })],
    ["that is the cause", new Error("no credential", { cause: new TypeError("Failed to fetch") })],
    ["the app says so", new MayflyError("ERR_UNAVAILABLE", "the session is being renewed")],
  ])("for a time is asked again: %s", async (_, thrown) => {
    const onRetry = vi.fn();
    const mint = counting().mockRejectedValueOnce(thrown);
    await settled(mayfly({ mint, onRetry }).credential());
    expect(mint).toHaveBeenCalledTimes(2);
    expect(onRetry.mock.calls).toEqual([[thrown, expect.any(Number)]]);
  });

  test("is in the console, where the app does not listen", async () => {
    const line = vi.spyOn(console, "warn").mockReturnValue();
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const cause = new Error("connect ECONNREFUSED 127.0.0.1:1");
    const mint = counting().mockRejectedValueOnce(new TypeError("fetch failed", { cause }));
    await settled(mayfly({ mint }).credential());
    expect(line.mock.calls).toEqual([
      ["mayfly: fetch failed: connect ECONNREFUSED 127.0.0.1:1; the next try is in 2 s"],
    ]);
    line.mockClear();
    mint.mockRejectedValueOnce(new TypeError("fetch failed"));
    await settled(mayfly({ mint, onRetry: () => {} }).credential());
    expect(line).not.toHaveBeenCalled();
  });

  test("for good says so by a MayflyError, and is asked once", async () => {
    const signedOut = new MayflyError("ERR_MINT", "signed out");
    const mint = vi.fn(() => Promise.reject(signedOut));
    await expect(settled(mayfly({ mint }).credential())).rejects.toBe(signedOut);
    expect(mint).toHaveBeenCalledTimes(1);
  });

  test("to answer in time hears of it, and is asked again", async () => {
    const late = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValueOnce(late.signal);
    const onRetry = vi.fn();
    const mint = vi
      .fn<(signal: AbortSignal) => Promise<MintedCredential>>(async () => credential)
      .mockImplementationOnce((signal) => {
        expect(signal).toBe(late.signal);
        return new Promise(() => {});
      });
    const asked = mayfly({ mint, onRetry }).credential();
    await vi.advanceTimersByTimeAsync(1);
    expect(AbortSignal.timeout).toHaveBeenCalledWith(10_000);
    const reason = new DOMException("too late", "TimeoutError");
    late.abort(reason);
    expect(await settled(asked)).toEqual(credential);
    expect(onRetry).toHaveBeenCalledExactlyOnceWith(reason, expect.any(Number));
  });
});

describe("a source at a URL", () => {
  /** A login whose endpoint answers one after the other, the last one for ever. */
  function endpoint(
    ...answers: [status: number, body?: string, headers?: Record<string, string>][]
  ) {
    let asked = 0;
    const fetch = vi.fn(async () => {
      const [status, body = "", headers = {}] = answers[Math.min(asked++, answers.length - 1)] ?? [
        500,
      ];
      return new Response(body, { status, headers });
    });
    const onRetry = vi.fn();
    const url = "https://example.com/credentials?key=secret";
    return { fetch, onRetry, login: mayfly({ url, fetch, onRetry }) };
  }
  const good: [number, string] = [200, JSON.stringify(credential)];

  test("is asked for JSON that no cache has kept", async () => {
    const { fetch, login } = endpoint(good);
    expect(await settled(login.credential())).toEqual(credential);
    expect(fetch).toHaveBeenCalledExactlyOnceWith("https://example.com/credentials?key=secret", {
      cache: "no-store",
      headers: { accept: "application/json" },
      signal: expect.any(AbortSignal),
    });
  });

  test.each([
    [400, ""],
    [401, '{"type":"urn:mayfly:problem:unauthorized"}'],
    [403, JSON.stringify(credential)],
    [404, ""],
    [410, ""],
  ])("that answers %d is not asked again", async (status, body) => {
    const { fetch, login } = endpoint([status, body]);
    const error = await settled(login.credential()).catch((it) => it);
    expect(error).toMatchObject({ code: "ERR_MINT" });
    expect(error.message).toBe(`no credential from https://example.com/credentials: ${status}`);
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test("that answers with a page is not asked again", async () => {
    const { fetch, login } = endpoint([200, "<title>Sign in</title>"]);
    await expect(settled(login.credential())).rejects.toMatchObject({ code: "ERR_MINT" });
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test.each([408, 425, 429, 500, 502, 503])("that answers %d is asked again", async (status) => {
    const { login, onRetry } = endpoint([status], good);
    expect(await settled(login.credential())).toEqual(credential);
    const [[error]] = onRetry.mock.calls as [[Error]];
    expect(error.message).toBe(`no credential from https://example.com/credentials: ${status}`);
  });

  test.each([
    ["seconds", () => "20", 20_000],
    ["no time at all", () => "0", 0],
    ["ever so long", () => "9999999999", 3_600_000],
    ["nonsense", () => "soon", 0],
  ])("that asks to be left alone is: %s", async (_, after, least) => {
    const { login, onRetry } = endpoint([503, "", { "retry-after": after() }], good);
    expect(await settled(login.credential())).toEqual(credential);
    const [[, wait]] = onRetry.mock.calls as [[Error, number]];
    expect(wait).toBeGreaterThanOrEqual(least + 1000);
    expect(wait).toBeLessThanOrEqual(least + 2000);
  });
});

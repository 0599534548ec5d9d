import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type LoginOptions, type MintedCredential, mayfly } from "../../src/client/index.ts";

/** What `@xmpp/client` rejects with when the server refuses. */
class SASLError extends Error {
  override name = "SASLError";
  readonly condition: string;

  constructor(condition: string) {
    super(`${condition} - Invalid username or password`);
    this.condition = condition;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Answer = string | Promise<void>;

/** A client on a stream whose server answers one login after the other, the last one for ever. */
function stream(answers: Answer[], options: LoginOptions & { mint?: () => MintedCredential } = {}) {
  let minted = 0;
  const mint = vi.fn(
    options.mint ??
      (() => ({ username: "alice", password: `1:${++minted}`, ttl: 600, expires: 1893456000 })),
  );
  let asked = 0;
  const authenticate = vi.fn(async (_credential: object, _mechanism: string, _agent: unknown) => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? "";
    if (answer instanceof Promise) return answer;
    if (answer !== "success") throw new SASLError(answer);
  });
  const connected: (() => void)[] = [];
  const connection = {
    isSecure: () => true,
    socket: { end: vi.fn() } as { end: () => void } | null,
    reconnect: { start: vi.fn(), stop: vi.fn() },
    once: (_: "connecting", listener: () => void) => connected.push(listener),
  };
  const login = mayfly({ ...options, mint });
  return {
    ...{ mint, authenticate, connection, connected },
    socket: connection.socket,
    logIn: (mechanisms = ["SCRAM-SHA-1", "PLAIN"], fast: object | null = null) =>
      login.credentials(authenticate, mechanisms, fast, connection),
    passwords: () =>
      authenticate.mock.calls.map(([sent]) => (sent as { password: string }).password),
  };
}

/** Lets a login end, or a minute and a half pass. */
async function outcome(login: Promise<void>): Promise<unknown> {
  let result: unknown = "pending";
  login.then(
    () => {
      result = "success";
    },
    (error) => {
      result = error;
    },
  );
  await vi.advanceTimersByTimeAsync(90_000);
  return result;
}

describe("a login", () => {
  test("presents what was minted, by PLAIN, and no more", async () => {
    const { logIn, authenticate } = stream(["success"]);
    expect(await outcome(logIn())).toBe("success");
    const sent = { username: "alice", password: "1:1" };
    expect(authenticate.mock.calls).toEqual([[sent, "PLAIN", undefined]]);
  });

  test("presents an authzid only if it was minted", async () => {
    const authzid = "alice@example.com";
    const mint = () => ({ username: "1:alice", password: "x", authzid, ttl: 600, expires: 1 });
    const { logIn, authenticate } = stream(["success"], { mint });
    await outcome(logIn());
    expect(authenticate.mock.calls[0]?.[0]).toMatchObject({ authzid });
  });

  test("mints nothing for a connection that others can read", async () => {
    const { logIn, authenticate, mint, connection } = stream(["success"]);
    connection.isSecure = () => false;
    expect(await outcome(logIn())).toMatchObject({ name: "MayflyError", code: "ERR_INSECURE" });
    expect(mint).not.toHaveBeenCalled();
    expect(authenticate).not.toHaveBeenCalled();
    expect(connection.reconnect.stop).toHaveBeenCalled();
  });

  test("presents the credential again on the next connection, while it is good", async () => {
    const { logIn, passwords, mint } = stream(["success"]);
    await outcome(logIn());
    await outcome(logIn());
    expect(passwords()).toEqual(["1:1", "1:1"]);
    expect(mint).toHaveBeenCalledTimes(1);
  });

  test.each(["not-authorized", "credentials-expired", "account-disabled"])(
    "that ends with %s is tried once more, at once, with a fresh credential",
    async (condition) => {
      const { logIn, passwords, socket } = stream(["success", condition, "success"]);
      await outcome(logIn());
      const started = performance.now();
      const again = logIn();
      await vi.advanceTimersByTimeAsync(1);
      await again;
      expect(performance.now() - started).toBeLessThan(10);
      expect(passwords()).toEqual(["1:1", "1:1", "1:2"]);
      expect(socket?.end).not.toHaveBeenCalled();
    },
  );

  test("that is refused twice ends with one error, its cause kept, and is not left open", async () => {
    const { logIn, passwords, mint, connection, socket, connected } = stream(["not-authorized"]);
    expect(await outcome(logIn())).toMatchObject({
      name: "MayflyError",
      code: "ERR_REFUSED",
      message: "the login failed: not-authorized - Invalid username or password",
      cause: expect.any(SASLError),
    });
    expect(passwords()).toEqual(["1:1", "1:2"]);
    expect(mint).toHaveBeenCalledTimes(2);
    expect(socket?.end).toHaveBeenCalledOnce();
    expect(connection.reconnect.stop).toHaveBeenCalledOnce();

    // Until the app has the client connect again.
    expect(connection.reconnect.start).not.toHaveBeenCalled();
    expect(connected).toHaveLength(1);
    connected[0]?.();
    expect(connection.reconnect.start).toHaveBeenCalledOnce();
  });

  test("that is refused twice as revoked ends with ERR_REVOKED, and does not reconnect", async () => {
    const { logIn, passwords, connection, socket } = stream(["account-disabled"]);
    expect(await outcome(logIn())).toMatchObject({
      code: "ERR_REVOKED",
      cause: expect.any(SASLError),
    });
    expect(passwords()).toEqual(["1:1", "1:2"]);
    expect(socket?.end).toHaveBeenCalledOnce();
    expect(connection.reconnect.stop).toHaveBeenCalledOnce();
  });

  test("never presents what was just refused", async () => {
    const mint = () => ({ username: "alice", password: "1:x", ttl: 600, expires: 1893456000 });
    const { logIn, passwords } = stream(["not-authorized"], { mint });
    expect(await outcome(logIn())).toMatchObject({ code: "ERR_REFUSED" });
    expect(passwords()).toEqual(["1:x"]);
  });

  test.each(["invalid-mechanism", "malformed-request", "aborted"])(
    "that ends with %s is not tried again: no credential would do",
    async (condition) => {
      const { logIn, mint } = stream([condition]);
      expect(await outcome(logIn())).toMatchObject({ code: "ERR_REFUSED" });
      expect(mint).toHaveBeenCalledTimes(1);
    },
  );

  test("that the server cannot decide now is tried again, later, with the same credential", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const onRetry = vi.fn();
    const { logIn, passwords } = stream(
      ["temporary-auth-failure", "temporary-auth-failure", "success"],
      { onRetry },
    );
    expect(await outcome(logIn())).toBe("success");
    expect(passwords()).toEqual(["1:1", "1:1", "1:1"]);
    expect(onRetry.mock.calls.map(([, wait]) => wait)).toEqual([1500, 3000]);
  });

  test("that the server still cannot decide is left to the next connection", async () => {
    const { logIn, passwords, connection, socket } = stream(["temporary-auth-failure"]);
    expect(await outcome(logIn())).toMatchObject({
      code: "ERR_UNAVAILABLE",
      cause: expect.any(SASLError),
    });
    expect(passwords()).toEqual(["1:1", "1:1", "1:1", "1:1"]);
    expect(socket?.end).toHaveBeenCalledOnce();
    expect(connection.reconnect.stop).not.toHaveBeenCalled();
  });

  test("that is never answered ends, and is left to the next connection", async () => {
    const late = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockImplementation((time) =>
      time === 40_000 ? late.signal : new AbortController().signal,
    );
    const { logIn, connection, socket } = stream([new Promise(() => {})]);
    const login = logIn();
    await vi.advanceTimersByTimeAsync(1);
    late.abort(new DOMException("too late", "TimeoutError"));
    expect(await outcome(login)).toMatchObject({ code: "ERR_UNAVAILABLE" });
    expect(socket?.end).toHaveBeenCalledOnce();
    expect(connection.reconnect.stop).not.toHaveBeenCalled();
  });

  test("does not close a connection that has taken the place of its own", async () => {
    const { logIn, connection, socket } = stream(["not-authorized"]);
    const next = { end: vi.fn() };
    await outcome(
      logIn().catch(() => {
        connection.socket = next;
      }),
    );
    expect(socket?.end).not.toHaveBeenCalled();
    expect(next.end).not.toHaveBeenCalled();
  });
});

describe("a login without a credential", () => {
  test("ends at once with what the source threw, and is not left open", async () => {
    const cause = new TypeError("Cannot read properties of undefined (reading 'token')");
    const mint = () => {
      throw cause;
    };
    const { logIn, authenticate, connection, socket } = stream(["success"], { mint });
    const login = logIn();
    login.catch(() => {});
    await vi.advanceTimersByTimeAsync(10);
    await expect(login).rejects.toMatchObject({ code: "ERR_MINT", cause });
    await vi.advanceTimersByTimeAsync(1);
    expect(authenticate).not.toHaveBeenCalled();
    expect(socket?.end).toHaveBeenCalledOnce();
    expect(connection.reconnect.stop).toHaveBeenCalledOnce();
  });

  test("ends while its source is down, and is left to the next connection", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const late = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockImplementation((time) =>
      time === 20_000 ? late.signal : new AbortController().signal,
    );
    const cause = new TypeError("fetch failed");
    const mint = vi.fn(() => {
      throw cause;
    });
    const { logIn, connection, socket } = stream(["success"], { mint, onRetry: () => {} });
    const login = logIn();
    await vi.advanceTimersByTimeAsync(19_000);
    expect(socket?.end).not.toHaveBeenCalled();
    late.abort(new DOMException("too late", "TimeoutError"));
    expect(await outcome(login)).toMatchObject({
      code: "ERR_UNAVAILABLE",
      message: "no credential yet: fetch failed",
      cause,
    });
    expect(socket?.end).toHaveBeenCalledOnce();
    expect(connection.reconnect.stop).not.toHaveBeenCalled();
    expect(mint.mock.calls.length).toBeLessThan(6); // nor is the source asked for nobody
  });
});

describe("an app that starts its client again and again", () => {
  test.each(["not-authorized", "malformed-request"])(
    "is refused less than 20 times a minute: %s",
    async (condition) => {
      vi.spyOn(Math, "random").mockReturnValue(0);
      const { logIn, passwords } = stream([condition]);
      const loop = async () => {
        while (passwords().length < 100) await logIn().catch(() => {});
      };
      void loop();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(passwords().length).toBeGreaterThan(3);
      expect(passwords().length).toBeLessThan(20);
      expect(new Set(passwords()).size).toBe(passwords().length); // nothing refused once more
    },
  );
});

describe("a login whose connection is lost", () => {
  test("while it is minted presents nothing on the next one, and tells nobody", async () => {
    let mint: (credential: MintedCredential) => void = () => {};
    const minting = new Promise<MintedCredential>((done) => {
      mint = done;
    });
    const { login, authenticate, connection } = (() => {
      const made = stream(["success"]);
      const { credentials } = mayfly({ mint: () => minting });
      return { ...made, login: credentials(made.authenticate, ["PLAIN"], null, made.connection) };
    })();
    await vi.advanceTimersByTimeAsync(10);
    connection.socket = { end: () => {} };
    mint({ username: "alice", password: "1:x", ttl: 600, expires: 1893456000 });
    expect(await outcome(login)).toBe("pending");
    expect(authenticate).not.toHaveBeenCalled();
  });

  test.each([
    ["accepts", () => {}],
    [
      "refuses",
      () => {
        throw new SASLError("not-authorized");
      },
    ],
  ])("while the server decides takes no answer from the next one, which %s", async (_, answer) => {
    let decide: () => void = () => {};
    const deciding = new Promise<void>((done) => {
      decide = done;
    }).then(answer);
    const { logIn, connection, mint, passwords } = stream([deciding]);
    const login = logIn();
    await vi.advanceTimersByTimeAsync(10);
    connection.socket = { end: () => {} };
    decide();
    expect(await outcome(login)).toBe("pending");
    expect(mint).toHaveBeenCalledTimes(1);
    expect(passwords()).toHaveLength(1);
    expect(connection.reconnect.stop).not.toHaveBeenCalled();
  });

  test("and whose source is down is given up, and the source left alone", async () => {
    const mint = vi.fn(() => {
      throw new TypeError("fetch failed");
    });
    const { logIn, connection } = stream(["success"], { mint });
    const login = logIn();
    await vi.advanceTimersByTimeAsync(10);
    connection.socket = null;
    expect(await outcome(login)).toBe("pending");
    expect(mint.mock.calls.length).toBeLessThanOrEqual(2);
  });

  test("holds up no other", async () => {
    const { logIn, connection } = stream([new Promise(() => {}), "success"]);
    void logIn();
    await vi.advanceTimersByTimeAsync(10);
    connection.socket = { end: () => {} };
    expect(await outcome(logIn())).toBe("success");
  });
});

describe("FAST", () => {
  const token = { token: "secret-token:fast-1", mechanism: "HT-SHA-256-NONE" };
  const fast = { mechanism: "HT-SHA-256-NONE" as string | null, fetch: vi.fn(async () => token) };

  test("is neither asked for nor used, unless told to", async () => {
    const { logIn, authenticate } = stream(["success"]);
    await outcome(logIn(["PLAIN"], fast));
    expect(fast).toMatchObject({ mechanism: null }); // @xmpp/client would ask for a token
    expect(fast.fetch).not.toHaveBeenCalled();
    const [sent, , userAgent] = authenticate.mock.calls[0] ?? [];
    expect(sent).toMatchObject({ token: undefined });
    expect(userAgent).toBeUndefined();
  });

  test("is not used for the next user, once one has signed out", async () => {
    const kept = { ...fast, token: token as object | undefined };
    const clearing = {
      ...kept,
      fetch: async () => kept.token,
      delete: async () => {
        kept.token = undefined;
      },
    };
    const authenticate = vi.fn(async (_credential: object) => {});
    const mint = () => ({ username: "alice", password: "1:x", ttl: 600, expires: 1893456000 });
    const { credentials, forget } = mayfly({ mint, fast: {} });
    const logIn = () =>
      outcome(credentials(authenticate, ["PLAIN"], clearing, { isSecure: () => true }));
    await logIn();
    forget();
    await logIn();
    const tokens = authenticate.mock.calls.map(([sent]) => (sent as { token?: object }).token);
    expect(tokens).toEqual([token, undefined]);
  });

  test("is used when told to, and then an expired credential will do beside its token", async () => {
    const userAgent = {};
    const { logIn, authenticate, mint } = stream(["success"], { fast: userAgent });
    await outcome(logIn(["PLAIN"], fast));
    await vi.advanceTimersByTimeAsync(600_000);
    await outcome(logIn(["PLAIN"], fast));
    expect(mint).toHaveBeenCalledTimes(1);
    for (const [sent, , agent] of authenticate.mock.calls) {
      expect(sent).toMatchObject({ token });
      expect(agent).toBe(userAgent);
    }
  });
});

import { client } from "@xmpp/client";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { type LoginOptions, mayfly, type TokenSource } from "../../src/client/index.ts";
import { encode } from "../support/data/jwt.ts";
import { challenge, fail, startScripted, succeed } from "../support/fakes/fake-xmpp-server.ts";

Object.assign(globalThis, { WebSocket });

const running: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const it of running.splice(0).reverse()) await it.stop();
});

const jid = "alice@example.org";
const discovery = "https://id.example.com/.well-known/openid-configuration";
const now = () => Math.floor(Date.now() / 1000);
const jwt = (exp: number) => `${encode({ alg: "RS256" })}.${encode({ exp })}.c2ln`;

/** The real @xmpp/client with this login, and what a server of these mechanisms hears, message by message. */
async function present(
  offered: string[],
  options: TokenSource & LoginOptions,
  isGood: (message: string) => boolean = () => true,
) {
  const heard: string[] = [];
  const server = await startScripted(offered, (element, socket) => {
    const message = Buffer.from(element.text(), "base64").toString();
    heard.push(element.name === "auth" ? `${element.attrs.mechanism} ${message}` : message);
    if (element.name === "response") fail(socket, "not-authorized");
    else if (isGood(message)) succeed(socket);
    else
      challenge(
        socket,
        JSON.stringify({ status: "invalid_token", "openid-configuration": discovery }),
      );
  });
  const login = mayfly(options);
  const xmpp = client({
    service: server.url,
    domain: "example.org",
    credentials: login.credentials,
  });
  login.install(xmpp);
  const errors: unknown[] = [];
  xmpp.on("error", (error) => errors.push(error));
  running.push(server, { stop: async () => xmpp.status !== "offline" && xmpp.stop() });
  const started = await xmpp.start().then(
    () => "online",
    (error) => error.code ?? error,
  );
  return { heard, started, login };
}

const bearer = (token: string, gs2 = "n,,") => `OAUTHBEARER ${gs2}\x01auth=Bearer ${token}\x01\x01`;

describe("an identity provider's token is presented", () => {
  test.each<[offered: string[], more: LoginOptions, message: string]>([
    [["PLAIN", "X-OAUTH2", "OAUTHBEARER"], {}, bearer("opaque")],
    [["PLAIN", "X-OAUTH2", "OAUTHBEARER"], { jid }, bearer("opaque", `n,a=${jid},`)],
    [["PLAIN", "X-OAUTH2"], { jid }, "X-OAUTH2 \0alice\0opaque"],
  ])("to a server with %j, with %j", async (offered, more, message) => {
    const { heard, started } = await present(offered, { token: () => "opaque", ...more });
    expect({ heard, started }).toEqual({ heard: [message], started: "online" });
  });

  test.each([
    [["PLAIN"], { jid }],
    [["PLAIN", "X-OAUTH2"], {}], // which needs the user's name
  ])("to no server with %j alone, with %j", async (offered, more) => {
    const { heard, started } = await present(offered, { token: () => "opaque", ...more });
    expect({ heard, started }).toEqual({ heard: [], started: "ERR_MECHANISM" });
  });

  test("anew after a refusal, and once only", async () => {
    const tokens = ["first", "second", "third"];
    const { heard, started } = await present(
      ["OAUTHBEARER"],
      { token: () => tokens.shift() },
      () => false,
    );
    expect(started).toBe("ERR_REFUSED");
    expect(heard).toEqual([bearer("first"), "\x01", bearer("second"), "\x01"]);
  });

  test("as long as it lives, where it says so, and else asked for each time", async () => {
    for (const [token, calls] of [
      [jwt(now() + 600), 1],
      [jwt(now() + 5), 2],
      ["opaque", 2],
      ["a.b.c", 2],
    ] as const) {
      const source = vi.fn(() => token);
      const login = mayfly({ token: source });
      expect(await login.getCredential()).toMatchObject({ password: token });
      await login.getCredential();
      expect(source, token).toHaveBeenCalledTimes(calls);
    }
  });
});

describe("a token is exchanged", () => {
  const credential = { jid, username: "alice", password: "minted", ttl: 600, expires: now() + 600 };

  function endpoint() {
    const asked: [string, string | null][] = [];
    const fetch = async (input: unknown, init?: RequestInit) => {
      asked.push([String(input), new Headers(init?.headers).get("authorization")]);
      return Response.json(credential);
    };
    return { asked, fetch };
  }

  test("where a server takes neither mechanism, and only there", async () => {
    const { asked, fetch } = endpoint();
    const options = { token: () => "opaque", exchange: "/credentials", fetch };
    const { heard, started } = await present(["PLAIN"], options);
    expect({ heard, started }).toEqual({ heard: ["PLAIN \0alice\0minted"], started: "online" });
    expect(asked).toEqual([["/credentials", "Bearer opaque"]]);
    expect((await present(["PLAIN", "OAUTHBEARER"], options)).heard).toEqual([bearer("opaque")]);
    expect(asked).toHaveLength(1);
  });

  test("for clients that take a credential", async () => {
    const { fetch } = endpoint();
    const login = mayfly({ token: () => "opaque", exchange: "https://app.example.com/c", fetch });
    expect(await login.getCredential()).toEqual(credential);
  });

  test("over TLS alone", async () => {
    const { asked, fetch } = endpoint();
    const login = mayfly({ token: () => "opaque", exchange: "http://app.example.com/c", fetch });
    await expect(login.getCredential()).rejects.toMatchObject({ code: "ERR_INSECURE" });
    expect(asked).toEqual([]);
  });
});

describe("a client without a token", () => {
  test("asks the server for the provider, and starts from its answer", async () => {
    const token = vi.fn((_: AbortSignal, url?: string) =>
      url === undefined ? undefined : "found",
    );
    const { heard, started } = await present(["OAUTHBEARER"], { token }, (it) =>
      it.includes("found"),
    );
    expect(started).toBe("online");
    expect(heard).toEqual([bearer(""), "\x01", bearer("found")]);
    expect(token.mock.calls.map(([, url]) => url)).toEqual([undefined, discovery]);
  });

  test("ends the login where there is still none", async () => {
    const { heard, started } = await present(["OAUTHBEARER"], { token: () => "" }, () => false);
    expect({ heard, started }).toEqual({ heard: [bearer(""), "\x01"], started: "ERR_MINT" });
  });

  test("asks nothing where there is nobody to ask", async () => {
    const login = mayfly({ token: () => undefined });
    await expect(login.getCredential()).rejects.toMatchObject({ code: "ERR_MINT" });
  });
});

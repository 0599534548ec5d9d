import { type Client, client, xml } from "@xmpp/client";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { type MintedCredential, mayfly } from "../../src/client/index.ts";
import {
  challenge,
  fail,
  type Reply,
  type Scripted,
  startScripted,
  succeed,
} from "../support/fakes/fake-xmpp-server.ts";
import { until } from "../support/until.ts";

Object.assign(globalThis, { WebSocket });

const running: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const it of running.splice(0).reverse()) await it.stop();
});

const token = "1893456000:alice@example.org:x4Zzy4m6jLWqdLynZsDPKozh9TA=";
const alice = { username: "alice", password: token, ttl: 600, expires: 1893456000 };

/** The real @xmpp/client, and a server that does as told. */
async function meet(
  reply: Reply,
  { offered = ["PLAIN"], credential = alice as MintedCredential } = {},
): Promise<{ xmpp: Client; server: Scripted; errors: unknown[] }> {
  const server = await startScripted(offered, reply);
  const { credentials, install } = mayfly({ mint: () => credential });
  const xmpp = client({ service: server.url, domain: "example.org", credentials });
  install(xmpp);
  const errors: unknown[] = [];
  xmpp.on("error", (error) => errors.push(error));
  xmpp.reconnect.delay = 50;
  running.push(server, { stop: async () => xmpp.status !== "offline" && xmpp.stop() });
  return { xmpp, server, errors };
}

describe("the bytes on the wire", () => {
  const authzid = "a=b,c@example.org";
  test.each([
    ["PLAIN", {}, `\0alice\0${token}`],
    ["PLAIN", { authzid }, `${authzid}\0alice\0${token}`],
    ["X-OAUTH2", {}, `\0alice\0${token}`],
    ["X-OAUTH2", { authzid }, `${authzid}\0alice\0${token}`],
    ["OAUTHBEARER", {}, `n,,\x01auth=Bearer ${token}\x01\x01`],
    ["OAUTHBEARER", { authzid }, `n,a=a=3Db=2Cc@example.org,\x01auth=Bearer ${token}\x01\x01`],
  ])("of %s, with %o", async (mechanism, more, bytes) => {
    const heard: unknown[] = [];
    const { xmpp } = await meet(
      (auth, socket) => {
        heard.push([
          auth.name,
          auth.attrs.mechanism,
          Buffer.from(auth.text(), "base64").toString(),
        ]);
        succeed(socket);
      },
      { offered: [mechanism], credential: { ...alice, ...more, mechanism } },
    );
    await xmpp.start();
    expect(heard).toEqual([["auth", mechanism, bytes]]);
  });

  test("of OAUTHBEARER's answer to an error, twice, as a fresh token may do", async () => {
    const heard: unknown[] = [];
    let minted = 0;
    const server = await startScripted(["OAUTHBEARER"], (element, socket) => {
      heard.push([element.name, element.text()]);
      if (element.is("auth")) challenge(socket, '{"status":"invalid_token"}');
      else fail(socket, "not-authorized");
    });
    const mint = () => ({
      ...alice,
      password: token.replace("1893456000", `189345600${++minted}`),
    });
    const { credentials, install } = mayfly({ mint });
    const xmpp = client({ service: server.url, domain: "example.org", credentials });
    install(xmpp);
    xmpp.on("error", () => {});
    running.push(server, xmpp);
    await expect(xmpp.start()).rejects.toMatchObject({ code: "ERR_REFUSED" });
    const auth = ["auth", expect.any(String)];
    const answer = ["response", btoa("\x01")];
    expect(heard).toEqual([auth, answer, auth, answer]);
  });
});

describe("a source that", () => {
  /** The client of an app whose source does this, beside a server that lets everybody in. */
  async function app(mint: () => MintedCredential, onRetry?: () => void) {
    const server = await startScripted(["PLAIN"], (_, socket) => succeed(socket));
    const { credentials } = mayfly({ mint, ...(onRetry && { onRetry }) });
    const xmpp = client({ service: server.url, domain: "example.org", credentials });
    const errors: unknown[] = [];
    xmpp.on("error", (error) => errors.push(error));
    xmpp.reconnect.delay = 50;
    running.push(server, { stop: async () => xmpp.status !== "offline" && xmpp.stop() });
    return { xmpp, server, errors };
  }

  test("throws for a mistake in it is told at once: as an event, and by start()", async () => {
    const mint = vi.fn(() => (undefined as unknown as { of: MintedCredential }).of);
    const { xmpp, server, errors } = await app(mint);
    const started = performance.now();
    const error = await xmpp.start().catch((it) => it);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(error).toMatchObject({ code: "ERR_MINT", cause: expect.any(TypeError) });
    await until(() => xmpp.status === "disconnect");
    await new Promise((done) => setTimeout(done, 200)); // to connect again
    expect(errors).toEqual([error]);
    expect(mint).toHaveBeenCalledTimes(1);
    expect(server.heard).toHaveLength(1);
  });

  test("stays down has start() end, and goes on being asked", async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, "timeout").mockImplementation((time) => timeout(time / 200));
    let isUp = false;
    const mint = vi.fn(() => {
      if (!isUp) throw new TypeError("fetch failed");
      return alice;
    });
    const line = vi.spyOn(console, "warn").mockReturnValue();
    const { xmpp, errors } = await app(mint);
    const error = await xmpp.start().catch((it) => it);
    expect(error).toMatchObject({ code: "ERR_UNAVAILABLE", cause: { message: "fetch failed" } });
    expect(errors[0]).toBe(error);
    expect(line).toHaveBeenCalledTimes(mint.mock.calls.length); // each failure
    isUp = true;
    await until(() => xmpp.status === "online");
  });
});

describe("a server that closes the connection while it should decide", () => {
  test("is met with one login on the next one", async () => {
    let asked = 0;
    const { xmpp, server, errors } = await meet((_, socket) => {
      if (asked++ === 0) socket.terminate();
      else succeed(socket);
    });
    await xmpp.start();
    await until(() => xmpp.status === "online");
    await new Promise((done) => setTimeout(done, 100)); // for what else the client might send
    expect(server.heard).toEqual([
      ["open", "auth"],
      ["open", "auth", "open", "iq"],
    ]);
    expect(errors).toEqual([]);
  });
});

describe("a server that never decides", () => {
  test("is left, and asked again on the next connection", async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, "timeout").mockImplementation((time) => timeout(time / 400));
    let asked = 0;
    const { xmpp, server, errors } = await meet((_, socket) => {
      if (asked++ > 0) succeed(socket);
    });
    await expect(xmpp.start()).rejects.toMatchObject({ code: "ERR_UNAVAILABLE" });
    await until(() => xmpp.status === "online");
    expect(server.heard).toHaveLength(2);
    expect(errors).toMatchObject([{ code: "ERR_UNAVAILABLE" }]);
  });
});

describe("a server that cannot decide now", () => {
  test("is asked again on the same stream", async () => {
    let asked = 0;
    const { xmpp, server, errors } = await meet((_, socket) => {
      if (asked++ === 0) fail(socket, "temporary-auth-failure");
      else succeed(socket);
    });
    await xmpp.start();
    expect(server.heard.map((names) => names.slice(0, 4))).toEqual([
      ["open", "auth", "auth", "open"],
    ]);
    expect(errors).toEqual([]);
  });
});

test("an app may stop the client on the error that ends its session", async () => {
  const { xmpp, errors } = await meet((element, socket) => {
    if (element.is("auth")) return succeed(socket);
    const xmlns = "http://etherx.jabber.org/streams";
    const condition = xml("not-authorized", { xmlns: "urn:ietf:params:xml:ns:xmpp-streams" });
    const revoked = xml("revoked", { xmlns: "urn:mayfly:revoked:0" });
    socket.send(String(xml("stream:error", { "xmlns:stream": xmlns }, condition, revoked)));
  });
  const stopped = new Promise((done) => xmpp.on("error", () => done(xmpp.stop())));
  await xmpp.start();
  await xmpp.send(xml("presence"));
  await stopped;
  await until(() => xmpp.status === "offline" && !xmpp.socket);
  expect(errors).toMatchObject([{ code: "ERR_REVOKED" }]);
});

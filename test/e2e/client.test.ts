import { randomUUID } from "node:crypto";
import { type Client, client, jid as parseJid, xml } from "@xmpp/client";
import type { Element } from "ltx";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import {
  type CredentialSource,
  type LoginOptions,
  type MintedCredential,
  mayfly,
} from "../../src/client/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { trust } from "../support/clients/xmpp-client.ts";
import { type Endpoint, startEndpoint } from "../support/fakes/fake-endpoint.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret of the client's tests" }];
const keyring = new Keyring(keys);
const jid = (user: string) => `${user}@example.org`;
const mint = (user: string, ttl = 600) => mintWith({ jid: jid(user), ttl }, { keyring });
const sasl2 = Boolean(process.env.MAYFLY_EJABBERD); // from 24.02 on
const options = sasl2 ? { modules: { mod_auth_fast: {}, mod_stream_mgmt: {} } } : {};
const soon = 50; // to connect again, in milliseconds

/** A client, what it said, and what was asked of its server. */
interface Session {
  xmpp: Client;
  errors: unknown[];
  /** How often it logged in; an event tells it not, where a stream is resumed. */
  logins(): number;
  /** What the server decided on this user. */
  decisions(): unknown[];
}

describeWith("ejabberd")("a client of ejabberd", () => {
  let server: Ejabberd;
  const running: Client[] = [];
  const endpoints: Endpoint[] = [];

  beforeAll(async () => {
    server = await startEjabberd({ hosts: ["example.org"], mayfly: { keys }, options });
    trust(server.ca);
  });
  afterEach(async () => {
    for (const xmpp of running.splice(0)) if (xmpp.status !== "offline") await xmpp.stop();
    for (const endpoint of endpoints.splice(0)) await endpoint.stop();
  });
  afterAll(() => server?.stop());

  function open(
    user: string,
    options: CredentialSource & LoginOptions,
    service = server.url,
  ): Session {
    const login = mayfly(options);
    let logins = 0;
    const credentials = async (...args: Parameters<typeof login.credentials>) => {
      await login.credentials(...args);
      logins++;
    };
    const xmpp = client({ service, domain: "example.org", credentials });
    running.push(xmpp);
    xmpp.reconnect.delay = soon;
    const errors: unknown[] = [];
    xmpp.on("error", (error) => errors.push(error));
    return {
      ...{ xmpp, errors },
      logins: () => logins,
      decisions: () =>
        server
          .decisions()
          .filter((it) => it.user === user)
          .map(({ reason = "ok" }) => reason),
    };
  }

  /** Cuts the connection, without a word to either side. */
  function cut({ socket }: Client): void {
    const inner = (socket as unknown as { socket: { terminate?(): void; destroy(): void } }).socket;
    if (inner.terminate) inner.terminate();
    else inner.destroy();
  }

  describe("whose connection is cut", () => {
    test("presents its credential again while it is good", async () => {
      const source = vi.fn(() => mint("again"));
      const { xmpp, logins, decisions, errors } = open("again", { mint: source });
      await xmpp.start();
      cut(xmpp);
      await until(() => logins() === 2);
      expect(source).toHaveBeenCalledTimes(1);
      await until(() => decisions().length === 2);
      expect(decisions()).toEqual(["ok", "ok"]);
      expect(errors).toEqual([]);
    });

    test("presents a fresh one once it is about to expire", async () => {
      const source = vi.fn(() => mint("fresh", 10)); // with ten seconds left it is
      const onMint = vi.fn();
      const { xmpp, logins, errors } = open("fresh", { mint: source, onMint });
      await xmpp.start();
      const [[first]] = onMint.mock.calls as [[MintedCredential]];
      await until(() => Date.now() / 1000 > first.expires - 8); // or it would be the same one
      cut(xmpp);
      await until(() => logins() === 2);
      expect(source).toHaveBeenCalledTimes(2);
      expect(onMint.mock.calls[1]).not.toEqual([first]);
      expect(errors).toEqual([]);
    });

    test("and that presents an expired one tries a fresh one, silently and once", async () => {
      const source = vi.fn(async () => mint("late"));
      const expiring = await mint("late", 2);
      source.mockResolvedValueOnce({ ...expiring, ttl: 600 }); // as where a device slept unseen
      const { xmpp, logins, decisions, errors } = open("late", { mint: source });
      await xmpp.start();
      await until(() => Date.now() / 1000 > expiring.expires + 1);
      cut(xmpp);
      await until(() => logins() === 2);
      expect(source).toHaveBeenCalledTimes(2);
      await until(() => decisions().length === 3);
      expect(decisions()).toEqual(["ok", "expired", "ok"]);
      expect(errors).toEqual([]);
    });
  });

  test("waits for an endpoint that is down for 5 s, and asks it 4 times at most", async () => {
    const endpoint = await startEndpoint(() => mint("patient"));
    endpoints.push(endpoint);
    const asked = vi.fn(fetch);
    const onRetry = vi.fn();
    const { xmpp, errors } = open("patient", { url: endpoint.url, fetch: asked, onRetry });
    await endpoint.down();
    const up = new Promise((done) => setTimeout(done, 5000)).then(() => endpoint.up());
    const started = Date.now();
    await xmpp.start();
    await up;
    expect(Date.now() - started).toBeGreaterThan(4900);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(4);
    expect(onRetry).toHaveBeenCalledTimes(asked.mock.calls.length - 1);
    expect(errors).toEqual([]);
  });

  test("whose endpoint stays down is told so in time, and logs in once it is up", async () => {
    const endpoint = await startEndpoint(() => mint("late-start"));
    endpoints.push(endpoint);
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const short = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(ms / 10));
    const line = vi.spyOn(console, "warn").mockReturnValue();
    const { xmpp, errors } = open("late-start", { url: endpoint.url });
    await endpoint.down();
    const error = await xmpp.start().catch((it) => it);
    expect(error).toMatchObject({ code: "ERR_UNAVAILABLE", cause: expect.any(TypeError) });
    expect(line).toHaveBeenCalled();
    short.mockRestore();
    line.mockRestore();
    await endpoint.up();
    await until(() => xmpp.status === "online");
    expect(errors).toContain(error);
  });

  test("that is signed out is told so, once, and asks no more", async () => {
    const endpoint = await startEndpoint(() => undefined);
    endpoints.push(endpoint);
    const { xmpp, errors } = open("nobody", { url: endpoint.url });
    await expect(xmpp.start()).rejects.toMatchObject({
      code: "ERR_MINT",
      message: `no credential from ${endpoint.url}: 401`,
    });
    await staysDisconnected(xmpp);
    expect(errors).toHaveLength(1);
    expect(endpoint.asked()).toBe(1);
  });

  describe("whose credentials are wrong for ever", () => {
    /** Credentials that somebody without the secret makes. */
    async function wrong(user: string): Promise<MintedCredential> {
      const credential = await mint(user);
      const [expiry = "", mac = ""] = credential.password.split(":");
      return {
        ...credential,
        password: `${Number(expiry) + 1 + Math.floor(Math.random() * 99)}:${mac}`,
      };
    }

    test("is told so once, tries no more, and is closed", async () => {
      const source = vi.fn(() => wrong("mallory"));
      const { xmpp, errors, decisions } = open("mallory", { mint: source });
      const error = await xmpp.start().catch((it) => it);
      expect(error).toMatchObject({
        name: "MayflyError",
        code: "ERR_REFUSED",
        cause: { name: "SASLError", condition: "not-authorized" },
      });
      await staysDisconnected(xmpp);
      expect(errors).toEqual([error]);
      expect(source).toHaveBeenCalledTimes(2);
      await until(() => decisions().length >= 2);
      expect(decisions()).toEqual(["bad-signature", "bad-signature"]);
    });

    test("on a reconnect is told so once, too", async () => {
      const source = vi.fn(() => wrong("ted")).mockImplementationOnce(() => mint("ted", 10));
      const { xmpp, errors, logins } = open("ted", { mint: source });
      await xmpp.start();
      cut(xmpp);
      await until(() => errors.length > 0);
      await staysDisconnected(xmpp);
      expect(errors).toMatchObject([{ code: "ERR_REFUSED" }]);
      expect(source).toHaveBeenCalledTimes(3);
      expect(logins()).toBe(1);
    });

    test("logs in once they are right, and connects again by itself as before", async () => {
      let signedIn = false;
      const source = () => (signedIn ? mint("carol") : wrong("carol"));
      const { xmpp, logins } = open("carol", { mint: source });
      await expect(xmpp.start()).rejects.toMatchObject({ code: "ERR_REFUSED" });
      await staysDisconnected(xmpp);

      signedIn = true;
      await xmpp.stop();
      await xmpp.start();
      expect(xmpp.jid?.bare().toString()).toBe(jid("carol"));
      cut(xmpp);
      await until(() => logins() === 2);
    });

    test("can be stopped by the app at once", async () => {
      const { xmpp } = open("hasty", { mint: () => wrong("hasty") });
      await xmpp.start().catch(() => xmpp.stop());
      expect(xmpp.status).toBe("offline");
      await staysDisconnected(xmpp, "offline");
    });
  });

  test("logs in the next user of a page, once the last one has signed out", async () => {
    let user = "alice";
    const login = mayfly({ mint: () => mint(user) });
    const session = async () => {
      const { credentials } = login;
      const xmpp = client({ service: server.url, domain: "example.org", credentials });
      running.push(xmpp);
      await xmpp.start();
      await xmpp.stop();
      return xmpp.jid?.bare().toString();
    };
    expect(await session()).toBe(jid("alice"));
    user = "bob";
    expect(await session()).toBe(jid("alice"));
    login.forget();
    expect(await session()).toBe(jid("bob"));
  });

  test("logs in over TCP, once it is encrypted", async () => {
    const service = `xmpp://localhost:${server.port}`;
    const { xmpp } = open("tcp", { mint: () => mint("tcp") }, service);
    await xmpp.start();
    expect(xmpp.isSecure()).toBe(true);
    expect(xmpp.jid?.bare().toString()).toBe(jid("tcp"));
  });

  describe("by SASL2", () => {
    /** What a client sends to log in, and to log in again once its connection was cut. */
    async function logins(
      user: string,
      source: CredentialSource & LoginOptions,
    ): Promise<Element[]> {
      const service = `xmpp://localhost:${server.port}`;
      const { xmpp, errors } = open(user, source, service);
      xmpp.jid = parseJid(user, "example.org"); // as `username` given to client() does
      const sent: Element[] = [];
      xmpp.on("send", (element: Element) => {
        if (/^auth/.test(element.name)) sent.push(element);
      });
      await xmpp.start();
      cut(xmpp);
      await until(() => sent.length === 2 && xmpp.status === "online");
      expect(errors).toEqual([]);
      return sent;
    }

    test.runIf(sasl2)("logs in, and asks for no FAST token", async () => {
      const sent = await logins("slow", { mint: () => mint("slow") });
      for (const authenticate of sent) {
        expect(authenticate.name).toBe("authenticate");
        expect(authenticate.attrs.mechanism).toBe("PLAIN");
        expect(authenticate.getChild("request-token")).toBeUndefined();
        expect(authenticate.getChild("user-agent")).toBeUndefined();
      }
    });

    test.runIf(sasl2).each(["quick", "jörg", "田中"])(
      "connects again with a FAST token if told to, and mints nothing: %s",
      async (user) => {
        const source = vi.fn(() => mint(user, 10)); // expires too soon for a second login
        const fast = xml("user-agent", { id: randomUUID() });
        const [first, second] = await logins(user, { mint: source, fast });
        expect(first?.getChild("request-token")).toBeDefined();
        expect(second?.attrs.mechanism).toBe("HT-SHA-256-NONE");
        expect(second?.getChild("fast")).toBeDefined();
        expect(source).toHaveBeenCalledTimes(1);
      },
    );
  });

  /** Gives a client the time to connect again many times, and sees that it does not. */
  async function staysDisconnected(xmpp: Client, status = "disconnect"): Promise<void> {
    await until(() => xmpp.status === status);
    const reconnecting = vi.fn();
    xmpp.reconnect.on("reconnecting", reconnecting);
    await new Promise((done) => setTimeout(done, 20 * soon));
    expect(reconnecting).not.toHaveBeenCalled();
    expect(xmpp.status).toBe(status);
  }
});

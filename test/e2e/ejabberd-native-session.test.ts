import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as secure } from "node:tls";
import { type Client, client, xml } from "@xmpp/client";
import { createElement } from "ltx";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type MintedCredential, mayfly as web } from "../../src/client/index.ts";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint as mintWith } from "../../src/mint/index.ts";
import { openBosh } from "../support/clients/bosh.ts";
import { openRawStream, type RawStream } from "../support/clients/raw-stream.ts";
import { authElement, exchange, streamHeader, verdict } from "../support/clients/sasl/exchange.ts";
import { trust } from "../support/clients/xmpp-client.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { type Lookup, startLookup } from "../support/servers/http/oauth-lookup-server.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [
  { id: "north", secret: "the secret of the sessions" },
  { id: "jwt", secret: "the secret of their JWTs, long", algorithm: "HS256" },
];
const keyring = new Keyring(keys);
const host = "example.org";
const alice = `alice@${host}`;
const knowsSasl2 = Boolean(process.env.MAYFLY_EJABBERD);
const now = () => Date.now() / 1000;
const mint = (request: Partial<MintRequest> = {}) =>
  mintWith({ jid: alice, ttl: 60, ...request }, { keyring });

/** When and why a stream was ended: the names of the error, and its text. */
interface End {
  at: number;
  names: string[];
  text: string;
}

let lookup: Lookup;
beforeAll(async () => {
  lookup = await startLookup(keys);
});
afterAll(() => lookup?.stop());

function start(auth: object, mod_mayfly: object): Promise<Ejabberd> {
  return startEjabberd({
    hosts: [host],
    mayfly: { keys },
    sample: "ejabberd-x-oauth2.yml",
    furnish(home) {
      installModMayfly(home);
      writeFileSync(join(home, "north.key"), String(keys[0]?.secret));
    },
    handlers: { "/bosh": "mod_bosh" },
    ...(knowsSasl2 && { listeners: { ejabberd_http: { allow_unencrypted_sasl2: true } } }),
    options: {
      ...lookup.options,
      ...auth,
      modules: {
        mod_bosh: {},
        mod_disco: {},
        mod_legacy_auth: {},
        mod_mqtt: {},
        mod_ping: {},
        mod_stream_mgmt: {},
        mod_mayfly: { end_session_at_expiry: true, ...mod_mayfly },
      },
    },
  });
}

/** Ways to log in with a password or token, each of which gives the end of its session. */
const ways: Record<string, (server: Ejabberd, password: string) => Promise<End>> = {
  "PLAIN over TCP": overTcp,
  "PLAIN over WebSocket": (server, password) => overWebSocket(server, password, "PLAIN"),
  "X-OAUTH2 over WebSocket": (server, password) => overWebSocket(server, password, "X-OAUTH2"),
  "PLAIN over BOSH": overBosh,
  "XEP-0078 over WebSocket": byLegacyAuth,
  ...(knowsSasl2 && { "PLAIN by SASL2": bySasl2 }),
};

describeWith("ejabberd", "oauth2")("where end_session_at_expiry says so", () => {
  describe.each([
    [
      "that verifies itself",
      { auth_method: ["mayfly"] },
      { secret_files: ["north.key"] },
      ["north"],
    ],
    ["with extauth", {}, {}, ["north", "jwt"]],
  ])("ejabberd %s", (_, auth, mod_mayfly, kinds) => {
    let server: Ejabberd;
    const sessions: Client[] = [];

    beforeAll(async () => {
      server = await start(auth, mod_mayfly);
    });
    afterEach(() => Promise.all(sessions.splice(0).map((session) => session.stop())));
    afterAll(() => server?.stop());

    /** Opens a session that is resumed, and comes again, by itself. */
    async function session(mints: () => Promise<MintedCredential>) {
      trust(server.ca);
      const { credentials } = web({ mint: mints });
      const xmpp = client({ service: server.url, domain: host, credentials });
      const ends: { at: number; condition?: string }[] = [];
      xmpp.on("error", ({ condition }: Error & { condition?: string }) => {
        ends.push({ at: now(), ...(condition && { condition }) });
      });
      sessions.push(xmpp);
      await xmpp.start();
      return { xmpp, ends };
    }

    test("ends each session within a second of its credential's end, and no other", async () => {
      const long = await session(() => mint());
      const opened = await Promise.all(
        kinds.flatMap((key) =>
          Object.entries(ways).map(async ([way, logIn]) => {
            const present = way.startsWith("X-OAUTH2") && key === "north" ? "token" : undefined;
            const { password, expires } = await mint({ ttl: 8, key, ...(present && { present }) });
            return { way: `${way}, ${key}`, expires, end: await logIn(server, password) };
          }),
        ),
      );
      for (const { way, expires, end } of opened) {
        expect({ way, names: end.names, text: end.text }).toEqual({
          way,
          names: ["reset", "text"],
          text: "The credential of this session has expired.",
        });
        expect({ way, after: end.at - expires }).toEqual({ way, after: expect.closeTo(0.5, 0) });
      }
      expect(await isAlive(long.xmpp)).toBe(true);
      expect(long.ends).toEqual([]);
    });

    test("lets a resumed session live as long as the login that resumed it, and the client come again", async () => {
      const given: MintedCredential[] = [];
      const { xmpp, ends } = await session(async () => {
        // The third comes when the second's end has passed the session by, which has no connection then.
        const [, second] = given;
        if (second && !given[2]) await until(() => now() > second.expires + 1);
        const next = await mint({ ttl: [4, 7, 3][given.length] ?? 60 });
        given.push(next);
        return next;
      });
      const { streamManagement } = xmpp as unknown as { streamManagement: { id: string } };
      await until(() => streamManagement.id);
      const { id } = streamManagement;
      cut(xmpp);
      await until(() => given.length === 2 && xmpp.status === "online");
      expect(streamManagement.id).toBe(id);
      const [first] = given as [MintedCredential];
      await until(() => now() > first.expires + 1);
      expect(await isAlive(xmpp)).toBe(true);
      cut(xmpp);
      await until(() => given.length === 3 && xmpp.status === "online");
      expect(streamManagement.id).toBe(id);
      const [, , third] = given as [unknown, unknown, MintedCredential];
      expect(ends).toEqual([]);
      await until(() => ends.length > 0);
      expect(ends[0]).toMatchObject({ condition: "reset" });
      expect(ends[0]?.at).toBeGreaterThanOrEqual(third.expires);
      expect(ends[0]?.at).toBeLessThan(third.expires + 1);
      await until(() => given.length === 4 && xmpp.status === "online");
      expect(await isAlive(xmpp)).toBe(true);
    });
  });
});

describeWith("ejabberd", "oauth2")("a session", () => {
  const startAlone = (mod_mayfly: object) =>
    start({ auth_method: ["mayfly"] }, { secret_files: ["north.key"], ...mod_mayfly });

  test.concurrent("outlives its credential by default", async () => {
    const server = await startAlone({ end_session_at_expiry: false });
    const stream = await openRawStream(server, host);
    try {
      const { password, expires } = await mint({ ttl: 2 });
      await logIn(stream, "PLAIN", password);
      await until(() => now() > expires + 1);
      const ping = createElement("ping", { xmlns: "urn:xmpp:ping" });
      const iq = createElement("iq", { xmlns: "jabber:client", type: "get", id: "2" }, ping);
      expect((await stream.ask(iq, ["iq"])).attrs.id).toBe("2");
    } finally {
      await stream.close();
      await server.stop();
    }
  });

  test.concurrent("that is opened in the leeway lives as long as that", async () => {
    const server = await startAlone({ leeway: "4s" });
    try {
      const { password, expires } = await mint({ ttl: 1 });
      await until(() => now() > expires + 1);
      const { at, names } = await overWebSocket(server, password, "PLAIN");
      expect(names).toEqual(["reset", "text"]);
      expect(at).toBeGreaterThanOrEqual(expires + 4);
      expect(at).toBeLessThan(expires + 6);
    } finally {
      await server.stop();
    }
  });
});

async function overTcp({ port, ca }: Ejabberd, password: string): Promise<End> {
  const socket = connect(port, "127.0.0.1");
  try {
    await exchange(socket, streamHeader(host), /<\/stream:features>/);
    await exchange(socket, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", /<proceed/);
    const stream = secure({ socket, ca, servername: host });
    await exchange(stream, streamHeader(host), /<\/stream:features>/);
    const login = authElement("PLAIN", `\0alice\0${password}`);
    expect(await exchange(stream, login, verdict)).toBe("<success");
    await exchange(stream, streamHeader(host), /<\/stream:features>/);
    const bind = "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    const error = await exchange(stream, bind, /<stream:error>.*<\/stream:error>/s);
    const names = [...error.matchAll(/<([a-z]+)/g)].map(([, name = ""]) => name);
    return { at: now(), names: names.slice(1), text: />([^<>]+)<\/text>/.exec(error)?.[1] ?? "" };
  } finally {
    socket.destroy();
  }
}

async function overWebSocket(server: Ejabberd, password: string, mechanism: string): Promise<End> {
  const stream = await openRawStream(server, host);
  await logIn(stream, mechanism, password);
  return endOf(stream);
}

async function logIn(stream: RawStream, mechanism: string, password: string): Promise<void> {
  await stream.open();
  expect(await stream.authenticate(mechanism, `\0alice\0${password}`)).toBe("success");
  await stream.open();
  const bind = createElement("bind", { xmlns: "urn:ietf:params:xml:ns:xmpp-bind" });
  await stream.ask(createElement("iq", { xmlns: "jabber:client", type: "set", id: "1" }, bind), [
    "iq",
  ]);
}

async function bySasl2(server: Ejabberd, password: string): Promise<End> {
  const stream = await openRawStream(server, host, alice);
  await stream.open();
  const response = Buffer.from(`\0alice\0${password}`).toString("base64");
  const initial = createElement("initial-response", {}, response);
  const login = createElement(
    "authenticate",
    { xmlns: "urn:xmpp:sasl:2", mechanism: "PLAIN" },
    initial,
  );
  expect(await stream.negotiate(login)).toBe("success");
  return endOf(stream);
}

async function byLegacyAuth(server: Ejabberd, password: string): Promise<End> {
  const stream = await openRawStream(server, host);
  await stream.open();
  const fields = Object.entries({ username: "alice", password, resource: randomUUID() });
  const query = xml("query", "jabber:iq:auth", ...fields.map(([name, it]) => xml(name, {}, it)));
  const iq = xml("iq", { xmlns: "jabber:client", type: "set", id: "1" }, query);
  expect((await stream.ask(iq, ["iq"])).attrs.type).toBe("result");
  return endOf(stream);
}

async function endOf(stream: RawStream): Promise<End> {
  const presence = createElement("presence", { xmlns: "jabber:client" });
  const error = await stream.ask(presence, ["stream:error"]);
  const at = now();
  await stream.close();
  const children = error.getChildElements();
  return { at, names: children.map(({ name }) => name), text: children[1]?.text() ?? "" };
}

async function overBosh(server: Ejabberd, password: string): Promise<End> {
  const bosh = await openBosh(server, host);
  const text = Buffer.from(`\0alice\0${password}`).toString("base64");
  const auth = { xmlns: "urn:ietf:params:xml:ns:xmpp-sasl", mechanism: "PLAIN" };
  const answer = await bosh.send(createElement("auth", auth, text));
  expect(answer.getChildElements().map(({ name }) => name)).toContain("success");
  await bosh.restart();
  const bind = createElement("bind", { xmlns: "urn:ietf:params:xml:ns:xmpp-bind" });
  let body = await bosh.send(
    createElement("iq", { xmlns: "jabber:client", type: "set", id: "1" }, bind),
  );
  while (!body.getChild("error") && body.attrs.type !== "terminate") body = await bosh.send();
  const children =
    body
      .getChildElements()
      .find(({ name }) => /error$/.test(name))
      ?.getChildElements() ?? [];
  return { at: now(), names: children.map(({ name }) => name), text: children[1]?.text() ?? "" };
}

async function isAlive(xmpp: Client): Promise<boolean> {
  const ping = xml("iq", { type: "get" }, xml("ping", "urn:xmpp:ping"));
  return (await xmpp.iqCaller.request(ping)).attrs.type === "result";
}

/** Takes the connection away without a word. */
function cut(xmpp: Client): void {
  (xmpp as unknown as { socket: { socket: { terminate(): void } } }).socket.socket.terminate();
}

import { randomUUID } from "node:crypto";
import { type Client, client, xml } from "@xmpp/client";
import { createElement, type Element } from "ltx";
import { afterEach, describe, expect, test } from "vitest";
import { type MintedCredential, mayfly as web } from "../../../src/client/index.ts";
import { type KeyInput, Keyring } from "../../../src/keyring/index.ts";
import { type MintRequest, mint as mintWith } from "../../../src/mint/index.ts";
import type { RevokingProgram } from "../cli/revoking-program.ts";
import { openRawStream, type RawStream } from "../clients/raw-stream.ts";
import { type Service, trust } from "../clients/xmpp-client.ts";
import { startSlowSocket } from "../fakes/slow-socket.ts";
import { until } from "../until.ts";

export const keys: KeyInput[] = [
  { id: "north", secret: "the secret of the sessions" },
  { id: "jwt", secret: "the secret of their JWTs, long", algorithm: "HS256" },
];
const keyring = new Keyring(keys);
export const host = "example.org";

/** Mints for a user; a MAC of another lifetime is another MAC. */
export const mint = (
  jid: string,
  request: Omit<MintRequest, "jid"> = {},
): Promise<MintedCredential> => mintWith({ jid, ttl: 3000, ...request }, { keyring });

/** A user who has not been revoked before: a MAC does not say when it was minted. */
export const newUser = () => `user-${randomUUID()}@${host}`;

const now = () => Math.floor(Date.now() / 1000);

/** A server whose sessions end when their credential is revoked, and what tells it so. */
export interface Revocable {
  server: Service & { log(): string };
  program: RevokingProgram;
  /** Further ways to log in alice, each of which gives the error that ends the session. */
  ways?: Record<string, (password: string) => Promise<{ end: Promise<Element> }>>;
}

/** Opens a session that is resumed, and comes again, by itself. */
export async function openSession(
  server: Service,
  mints: () => MintedCredential | Promise<MintedCredential>,
) {
  trust(server.ca);
  const { credentials, forget, install } = web({ mint: async () => mints() });
  const xmpp = client({ service: server.url, domain: host, credentials });
  install(xmpp);
  const ends: Element[] = [];
  const codes: (string | undefined)[] = [];
  xmpp.on("error", ({ code }: Error & { code?: string }) => codes.push(code));
  xmpp.on("nonza", (element: Element) => {
    if (element.is("error", "http://etherx.jabber.org/streams")) ends.push(element);
  });
  await xmpp.start();
  return { xmpp, ends, codes, forget };
}

export async function isAlive(xmpp: Client): Promise<boolean> {
  const ping = xml("iq", { type: "get" }, xml("ping", "urn:xmpp:ping"));
  return (await xmpp.iqCaller.request(ping)).attrs.type === "result";
}

/** Takes the connection away without a word. */
export function cut(xmpp: Client): void {
  (xmpp as unknown as { socket: { socket: { terminate(): void } } }).socket.socket.terminate();
}

/** The names of a stream error's elements, its text, and the namespace of its own condition. */
export function explain(error: Element | undefined) {
  const children = error?.getChildElements() ?? [];
  return {
    names: children.map(({ name }) => name),
    text: children[1]?.text(),
    xmlns: children[2]?.attrs.xmlns,
  };
}

export const revokedError = (text = "The credential of this session was revoked.") => ({
  names: ["not-authorized", "text", "revoked"],
  text,
  xmlns: "urn:mayfly:revoked:0",
});

/** What each server does about a revocation that it hears of. */
export function describeRevocation(get: () => Revocable): void {
  const sessions: Client[] = [];
  afterEach(() => Promise.all(sessions.splice(0).map((session) => session.stop())));

  async function open(mints: () => MintedCredential | Promise<MintedCredential>) {
    const session = await openSession(get().server, mints);
    sessions.push(session.xmpp);
    return session;
  }

  describe.each([
    ["a MAC", {}],
    ["a JWT", { key: "jwt" }],
  ])("%s", (_, request) => {
    test("that is revoked ends the session that it has opened, and no other", async () => {
      const { program } = get();
      const alice = newUser();
      const credential = await mint(alice, request);
      const revoked = await open(() => credential);
      const kept = await open(() => mint(alice, { ttl: 600 }));
      const friend = await open(() => mint(newUser()));
      const report = await program.revokeCredential(credential.password, "lost phone");
      await until(() => revoked.ends.length > 0);
      expect(explain(revoked.ends[0])).toEqual(revokedError("lost phone"));
      await until(() => revoked.codes.length > 0);
      expect(revoked.codes).toEqual(["ERR_REVOKED"]);
      expect(await report()).toMatchObject([{ ended: 1 }]);
      expect(await isAlive(kept.xmpp)).toBe(true);
      expect(await isAlive(friend.xmpp)).toBe(true);
      expect([...kept.ends, ...friend.ends]).toEqual([]);
    });
  });

  test("a user who is revoked is out everywhere, and in again with a newer credential", async () => {
    const { program } = get();
    const [alice, bob] = [newUser(), newUser()];
    const credentials = [await mint(alice), await mint(alice, { key: "jwt" })];
    const revoked = await Promise.all(credentials.map((it) => open(() => it)));
    const friend = await open(() => mint(bob));
    const report = await program.revokeUser(alice);
    await until(() => revoked.every(({ ends }) => ends.length > 0));
    for (const { ends } of revoked) expect(explain(ends[0])).toEqual(revokedError());
    expect(await report()).toMatchObject([{ ended: 2 }]);
    expect(await isAlive(friend.xmpp)).toBe(true);

    await nextSecond();
    const again = await open(() => mint(alice, { key: "jwt" }));
    // The module holds the revocation against whoever logs in from now on; bob's comes after it.
    await program.revokeUser(bob);
    await until(() => friend.ends.length > 0);
    expect(await isAlive(again.xmpp)).toBe(true);
    expect(again.ends).toEqual([]);
  });

  test("a session that waits to be resumed is lost", async () => {
    const { program } = get();
    const alice = newUser();
    const credentials = [await mint(alice, { key: "jwt" })];
    let isRevoked = false;
    const { xmpp, forget } = await open(async () => {
      const next = credentials.shift();
      if (next) return next;
      await until(() => isRevoked);
      return mint(alice, { key: "jwt" });
    });
    const id = await resumptionId(xmpp);
    const to = String(xmpp.jid);
    forget();
    cut(xmpp);
    await until(async () => {
      const [listed] = await program.listSessions(alice);
      return listed?.state === "hibernating";
    });
    const report = await program.revokeUser(alice);
    expect(await report()).toMatchObject([{ ended: 1 }]);
    // Nothing of it is left that would take what is sent to it.
    const friend = await open(() => mint(newUser()));
    const ping = xml("iq", { type: "get", to }, xml("ping", "urn:xmpp:ping"));
    await expect(friend.xmpp.iqCaller.request(ping)).rejects.toThrow(/unavailable/);
    await nextSecond();
    isRevoked = true;
    await until(() => xmpp.status === "online");
    expect(await resumptionId(xmpp)).not.toBe(id);
    expect(await program.listSessions(alice)).toMatchObject([{ state: "open" }]);
  });

  test("a session that was resumed ends with the credential that resumed it, not with the first", async () => {
    const { program } = get();
    const alice = newUser();
    const [first, second] = [await mint(alice), await mint(alice, { key: "jwt" })];
    const credentials = [first];
    const { xmpp, ends, forget } = await open(() => credentials.shift() ?? second);
    const id = await resumptionId(xmpp);
    forget();
    cut(xmpp);
    await until(() => xmpp.status !== "online");
    await until(() => xmpp.status === "online");
    expect(await resumptionId(xmpp)).toBe(id);
    const report = await program.revokeCredential(first.password);
    expect(await report()).toMatchObject([{ ended: 0 }]);
    expect(await isAlive(xmpp)).toBe(true);
    await program.revokeCredential(second.password);
    await until(() => ends.length > 0);
    expect(explain(ends[0])).toEqual(revokedError());
  });

  test("who is revoked while the socket is down is out once it is back", async () => {
    const { program } = get();
    const alice = newUser();
    const credential = await mint(alice);
    const { ends } = await open(() => credential);
    const friend = await open(() => mint(newUser()));
    await program.kill();
    await program.revokeUser(alice);
    expect(ends).toEqual([]);
    await program.start();
    await until(() => ends.length > 0);
    expect(explain(ends[0])).toEqual(revokedError());
    expect(await isAlive(friend.xmpp)).toBe(true);
  });

  test("tells of the sessions of a user, without a secret", async () => {
    const { program, server } = get();
    const alice = newUser();
    const credential = await mint(alice);
    const { xmpp } = await open(() => credential);
    const listed = await program.listSessions(alice);
    expect(listed).toMatchObject([
      {
        jid: String(xmpp.jid),
        expires: credential.expires,
        address: "127.0.0.1",
        mechanism: "PLAIN",
        state: "open",
        connection: "websocket",
        credential: expect.stringMatching(/^mac:[\w-]{43}$/),
        since: expect.closeTo(now(), -1),
      },
    ]);
    const mac = credential.password.replace(/.*:/, "");
    expect(JSON.stringify(listed)).not.toContain(mac);
    expect(server.log()).not.toContain(mac);
  });
}

/** A JWT says in whole seconds when it was minted. */
export async function nextSecond(): Promise<void> {
  const at = now();
  await until(() => now() > at);
}

/** By what a session can be resumed. */
async function resumptionId(xmpp: Client): Promise<string> {
  const { streamManagement } = xmpp as unknown as { streamManagement: { id: string } };
  await until(() => streamManagement.id);
  return streamManagement.id;
}

/**
 * A login that is decided before a revocation, and heard of after it, is out.
 *
 * @param start - a server that asks on this socket, and has its own way to be stopped
 */
export async function expectRaceIsWon(
  program: RevokingProgram,
  start: (socket: string) => Promise<Service & { stop(): Promise<void> }>,
): Promise<void> {
  const slow = await startSlowSocket(program.path);
  const server = await start(slow.path);
  try {
    const alice = newUser();
    const { xmpp: friend } = await openSession(server, () => mint(newUser()));
    const { password } = await mint(alice);
    slow.hold();
    const stream = await openRawStream(server, host);
    await stream.open();
    const login = stream.authenticate("PLAIN", `\0${alice.split("@")[0]}\0${password}`);
    await slow.decided();
    const report = await program.revokeCredential(password);
    expect(await report()).toMatchObject([{ ended: 0 }]);
    slow.release();
    // The error may come before the answer to the login has been read.
    expect(await login.then(() => endOf(stream)).catch(() => "closed")).toBeTruthy();
    await until(async () => (await program.listSessions(alice)).length === 0);
    expect(await isAlive(friend)).toBe(true);
    await friend.stop();
  } finally {
    await server.stop();
    await slow.close();
  }
}

/** The error that ends a stream. */
async function endOf(stream: RawStream): Promise<Element> {
  const open = createElement("open", { xmlns: "urn:ietf:params:xml:ns:xmpp-framing", to: host });
  return stream.ask(open, ["stream:error", "close"]);
}

import { readFileSync } from "node:fs";
import { type Client, client, xml } from "@xmpp/client";
import type { Element } from "ltx";
import { afterEach, expect, test } from "vitest";
import { type MintedCredential, mayfly as web } from "../../src/client/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { makeProgram, type Program } from "../support/cli/socket-program.ts";
import { openRawStream } from "../support/clients/raw-stream.ts";
import { outcome, trust } from "../support/clients/xmpp-client.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret of the sessions" }];
const keyring = new Keyring(keys);
const host = "example.org";
const alice = `alice@${host}`;
const bob = `bob@${host}`;
const mint = (jid = alice, ttl = 60) => mintWith({ jid, ttl }, { keyring });
const now = () => Date.now() / 1000;

let server: Prosody;
let program: Program;
const sessions: Client[] = [];

async function start(options = "", mayfly: object = {}): Promise<void> {
  program = makeProgram({ keys, ...mayfly });
  await program.start();
  server = await startProsody({ hosts: [host], socket: program.path, options });
}
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.stop()));
  await server?.stop();
  await program?.end();
});

/** A session that notes when and why its stream is ended. */
async function session(mints: () => Promise<MintedCredential>) {
  trust(server.ca);
  const { credentials } = web({ mint: mints });
  const xmpp = client({ service: server.url, domain: host, credentials });
  const ends: { at: number; condition?: string; text?: string }[] = [];
  xmpp.on("error", ({ condition, text }: Error & { condition?: string; text?: string }) => {
    ends.push({ at: now(), ...(condition && { condition }), ...(text && { text }) });
  });
  sessions.push(xmpp);
  await xmpp.start();
  return { xmpp, ends };
}

const isAlive = async (xmpp: Client) => {
  const ping = xml("iq", { type: "get" }, xml("ping", "urn:xmpp:ping"));
  return (await xmpp.iqCaller.request(ping)).attrs.type === "result";
};

/** The sample's modules, and one more. */
function withModules(name: string): string {
  const sample = readFileSync(new URL("../../prosody/prosody.cfg.lua", import.meta.url), "utf8");
  const modules = /^modules_enabled = \{ (.*) \}$/m.exec(sample)?.[1];
  return `modules_enabled = { ${modules}, "${name}" }`;
}

/** Logs alice in as before SASL (XEP-0078): the answer. */
async function legacyLogin(password: string): Promise<Element> {
  const stream = await openRawStream(server, host);
  try {
    await stream.open();
    const fields = Object.entries({ username: "alice", password, resource: "old" });
    const query = xml("query", "jabber:iq:auth", ...fields.map(([name, it]) => xml(name, {}, it)));
    return await stream.ask(xml("iq", { xmlns: "jabber:client", type: "set", id: "1" }, query), [
      "iq",
    ]);
  } finally {
    await stream.close();
  }
}

/** Takes the connection away without a word. */
function cut(xmpp: Client): void {
  (xmpp as unknown as { socket: { socket: { terminate(): void } } }).socket.socket.terminate();
}

describeWith("prosody")("a session on Prosody", () => {
  const endAtExpiry = "mayfly_end_session_at_expiry = true";

  test("outlives its credential", async () => {
    await start();
    const minted = await mint(alice, 2);
    const { xmpp, ends } = await session(async () => minted);
    await until(() => now() > minted.expires + 1);
    expect(await outcome(server, minted)).toBe("credentials-expired");
    expect(await isAlive(xmpp)).toBe(true);
    expect(ends).toEqual([]);
  });

  test("ends with its credential where mayfly_end_session_at_expiry says so", async () => {
    await start(endAtExpiry);
    const minted = await mint(alice, 3);
    const long = await session(() => mint(bob));
    const { ends } = await session(async () => minted);
    await until(() => ends.length > 0);
    const [end] = ends;
    expect(end).toMatchObject({
      condition: "reset",
      text: "The credential of this session has expired.",
    });
    expect(end?.at).toBeGreaterThanOrEqual(minted.expires);
    expect(end?.at).toBeLessThan(minted.expires + 2);
    expect(await isAlive(long.xmpp)).toBe(true);
    expect(long.ends).toEqual([]);
  });

  test("that is opened in the leeway lives as long as that", async () => {
    await start(`${endAtExpiry}\nmayfly_leeway = 4`, { hosts: { [host]: { leeway: "4s" } } });
    const minted = await mint(alice, 1);
    await until(() => now() > minted.expires + 1);
    const { ends } = await session(async () => minted);
    await until(() => ends.length > 0);
    expect(ends[0]).toMatchObject({ condition: "reset" });
    expect(ends[0]?.at).toBeGreaterThanOrEqual(minted.expires + 4);
    expect(ends[0]?.at).toBeLessThan(minted.expires + 6);
  });

  test("that was resumed ends with the credential that resumed it", async () => {
    await start(endAtExpiry);
    const first = await mint(alice, 5);
    const second = await mint(alice, 9);
    const given: MintedCredential[] = [];
    const { xmpp, ends } = await session(async () => {
      const next = given.length === 0 ? first : second;
      given.push(next);
      return next;
    });
    const { streamManagement } = xmpp as unknown as { streamManagement: { id: string } };
    await until(() => streamManagement.id);
    const { id } = streamManagement;
    cut(xmpp);
    await until(() => given.length === 2 && xmpp.status === "online");
    expect(streamManagement.id).toBe(id);
    await until(() => now() > first.expires + 1);
    expect(await isAlive(xmpp)).toBe(true);
    expect(ends).toEqual([]);
    await until(() => ends.length > 0);
    expect(ends[0]).toMatchObject({ condition: "reset" });
    expect(ends[0]?.at).toBeGreaterThanOrEqual(second.expires);
  });

  test("is not opened by a login that tells no expiry (XEP-0078), where it would have to end", async () => {
    const legacy = withModules("legacyauth");
    await start(legacy);
    const { password } = await mint();
    expect((await legacyLogin(password)).attrs.type).toBe("result");
    await server.stop();
    server = await startProsody({
      hosts: [host],
      socket: program.path,
      options: `${legacy}\n${endAtExpiry}`,
    });
    const refused = await legacyLogin(password);
    expect(refused.getChild("error")?.getChildElements()[0]?.name).toBe("service-unavailable");
    expect(server.log()).toContain("Refused a login by legacyauth");
    expect(await outcome(server, await mint())).toBe(alice);
  });

  test("ends with its credential also when the module is loaded anew meanwhile", async () => {
    await start(`${endAtExpiry}\n${withModules("admin_shell")}`);
    const minted = await mint(alice, 4);
    const { ends } = await session(async () => minted);
    expect(server.shell(`module:reload("auth_mayfly", "${host}")`)).toContain("OK");
    expect(await outcome(server, await mint(bob))).toBe(bob);
    expect(ends).toEqual([]);
    await until(() => ends.length > 0);
    expect(ends[0]).toMatchObject({ condition: "reset" });
  });
});

describeWith("prosody")("Prosody asks the program", () => {
  /** Alice sends bob a message while he is away: what she is told, or what he finds. */
  async function sendWhileAway(beforeSending = async () => {}): Promise<string> {
    const { xmpp: from } = await session(() => mint());
    let told: Element | undefined;
    from.on("stanza", (it) => {
      if (it.is("message")) told = it;
    });
    await beforeSending();
    await from.send(xml("message", { to: bob, type: "chat" }, xml("body", {}, "Hello")));
    await isAlive(from); // a refusal comes before the answer to this
    if (told) return told.getChild("error")?.getChildElements()[0]?.name ?? "";
    await program.start();
    const { xmpp: to } = await session(() => mint(bob));
    const found = new Promise<string>((find) => {
      to.on("stanza", (it) => {
        if (it.is("message")) find(it.getChildText("body") ?? "");
      });
    });
    await to.send(xml("presence"));
    return found;
  }

  test.each([
    ["any", "Hello"],
    ["none", "service-unavailable"],
  ])("whether a user exists, who is away: %s", async (users, outcome) => {
    await start("", { hosts: { "*": { users } } });
    expect(await sendWhileAway()).toBe(outcome);
  });

  test("and loses no message while nobody can tell", async () => {
    await start("mayfly_timeout = 2", { hosts: { "*": { users: "none" } } });
    expect(await sendWhileAway(() => program.kill())).toBe("Hello");
  });

  test("to take back what a user was given, who cancels the account", async () => {
    await start(withModules("register"), { store: "memory" });
    const minted = await mint();
    const { xmpp } = await session(async () => minted);
    const query = xml("query", "jabber:iq:register", xml("remove"));
    await xmpp.iqCaller.request(xml("iq", { type: "set" }, query)).catch(() => {});
    expect(await outcome(server, minted)).toBe("account-disabled");
    expect(await outcome(server, await mint(bob))).toBe(bob);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, xml } from "@xmpp/client";
import { afterEach, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { loadConfig } from "../../src/config/index.ts";
import type { MintedCredential } from "../../src/credential/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { startServe } from "../support/cli/run-cli.ts";
import { makeProgram } from "../support/cli/socket-program.ts";
import { SocketClient } from "../support/clients/follower.ts";
import { logIn, outcome, type Service } from "../support/clients/xmpp-client.ts";
import { openPage } from "../support/docs/markdown.ts";
import { openTerminal, steady, type Terminal } from "../support/machine/terminal.ts";
import { startEjabberd } from "../support/servers/ejabberd.ts";
import { ejabberdctl, withControl } from "../support/servers/ejabberdctl.ts";
import { startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/revoking.md");
const store = page.take("store");
const revoke = page.take("revoke");
const longest = page.take("longest");
const one = page.take("one");
const short = page.take("short");
const once = page.take("once");
const feed = page.take("feed");
const singleSignOut = page.take("single-sign-out");
const follow = page.take("follow");
const kick = page.take("kick");
const close = page.take("close");
const atExpiry = page.take("at-expiry");

const keys = [
  { id: "north", secret: "the secret of what is taken back" },
  { id: "jwt", secret: "the secret of JWTs taken back", algorithm: "HS256" as const },
];
const keyring = new Keyring(keys);
const host = "example.org";
const alice = `alice@${host}`;
const mint = (jid = alice, ttl = 600, key = "north") => mintWith({ jid, ttl, key }, { keyring });

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A page's settings, with what it has in `/var/lib/mayfly` in the folder of the configuration. */
const settings = (...texts: string[]) =>
  Object.assign({ keys }, ...texts.map((it) => parse(it.replace("/var/lib/mayfly/", ""))));

/** A terminal of the machine whose `mayfly.yml` this is. */
function terminalAt(config: string, programs: Record<string, string> = {}): Terminal {
  const terminal = openTerminal({ programs, env: { MAYFLY_CONFIG: config } });
  return terminal;
}

/** A session that does not come back by itself. */
async function session(server: Service, credential: MintedCredential): Promise<Client> {
  const xmpp = await logIn(server, credential);
  xmpp.reconnect.stop();
  stops.push(() => xmpp.stop());
  return xmpp;
}

const isAlive = async (xmpp: Client) => {
  const ping = xml("iq", { type: "get" }, xml("ping", "urn:xmpp:ping"));
  return (await xmpp.iqCaller.request(ping)).attrs.type === "result";
};

/** Somebody is out: what the page says to do, on a server of either kind, and that nothing less does. */
async function putOut(
  server: Service,
  { terminal, block, refusal }: { terminal: Terminal; block: string; refusal: string },
): Promise<void> {
  const credential = await mint();
  const [hers, his] = [
    await session(server, credential),
    await session(server, await mint(`bob@${host}`)),
  ];
  expect(await terminal.replay(revoke)).toBe(revoke);
  expect(await outcome(server, credential)).toBe(refusal);
  expect(await isAlive(hers)).toBe(true); // this alone leaves the session open
  const [command = "", ...said] = block.split("\n");
  expect(await terminal.run(command.slice(2))).toContain(said.join("\n"));
  await until(() => hers.status === "disconnect" || hers.status === "offline");
  expect(await outcome(server, credential)).toBe(refusal);
  expect(await isAlive(his)).toBe(true);
}

describeWith("ejabberd")("on ejabberd", () => {
  test("somebody is out, once revoked and kicked", async () => {
    const control = await withControl();
    const { env } = control;
    const server = await startEjabberd({ hosts: [host], mayfly: settings(store), env });
    stops.push(server.stop);
    const config = `${server.folder}/mayfly.yml`;
    const terminal = terminalAt(config, { ejabberdctl: ejabberdctl(control) });
    await putOut(server, { terminal, block: kick, refusal: "not-authorized" });
    await until(() => server.decisions().some(({ reason }) => reason === "revoked"));
  });
});

/** Somebody is out by the command alone, on a server that follows as the page says. */
async function expectOut(start: (path: string, store: string) => Promise<Service>): Promise<void> {
  const here = (path: string) => parse(feed.replace("/run/mayfly/extauth.sock", path));
  const program = makeProgram((path) => ({ ...settings(store), ...here(path) }));
  stops.push(program.end);
  await program.start();
  const server = await start(program.path, `lmdb:${join(program.path, "../state")}`);
  const hers = await session(server, await mint());
  const his = await session(server, await mint(`bob@${host}`));
  await terminalAt(program.config).run(revoke.slice(2).split("\n")[0] ?? "");
  await until(() => hers.status === "disconnect" || hers.status === "offline");
  expect(await isAlive(his)).toBe(true);
}

describeWith("ejabberd")("ejabberd that follows", () => {
  test("ends the sessions, with extauth", async () => {
    await expectOut(async (path, url) => {
      const options = parse(follow.replace("/run/mayfly/extauth.sock", path));
      options.modules.mod_ping = {};
      const server = await startEjabberd({ hosts: [host], mayfly: { keys, store: url }, options });
      stops.push(server.stop);
      return server;
    });
  });
});

describeWith("prosody")("Prosody that follows", () => {
  test("ends the sessions", async () => {
    await expectOut(async (path) => {
      const server = await startProsody({ hosts: [host], socket: path });
      stops.push(server.stop);
      return server;
    });
  });
});

describeWith("ejabberd")("ban_account of ejabberd", () => {
  test("keeps somebody out, whatever they are given, from 24.06 on, and not before", async () => {
    const control = await withControl();
    const modules = { mod_admin_extra: {}, mod_private: {}, mod_ping: {} };
    const { env } = control;
    const mayfly = { keys };
    const server = await startEjabberd({ hosts: [host], mayfly, env, options: { modules } });
    stops.push(server.stop);
    const { run } = terminalAt("", { ejabberdctl: ejabberdctl(control) });
    const hers = await session(server, await mint());
    const bans = Number(server.version) >= 24.06;
    await run(`ejabberdctl ban_account alice ${host} REASON || true`);
    await until(() => hers.status === "disconnect" || hers.status === "offline");
    expect(await outcome(server, await mint())).toBe(bans ? "account-disabled" : alice);
    // As the page says, there is no way back.
    await run(`ejabberdctl unban_account alice ${host} || true`);
    expect(await outcome(server, await mint())).toBe(bans ? "account-disabled" : alice);
  });
});

describeWith("prosody")("on Prosody", () => {
  const withShell = 'modules_enabled = { "saslauth", "tls", "ping", "websocket", "admin_shell" }';

  async function start(mayfly: object, options: string) {
    const program = makeProgram(mayfly);
    stops.push(program.end);
    await program.start();
    const server = await startProsody({ hosts: [host], socket: program.path, options });
    stops.push(server.stop);
    return { program, server };
  }

  test("somebody is out, once revoked and closed", async () => {
    const { program, server } = await start(settings(store), withShell);
    const prosodyctl = `exec /usr/bin/prosodyctl --config ${server.config} "$@"`;
    const terminal = terminalAt(program.config, { prosodyctl });
    await putOut(server, { terminal, block: close, refusal: "account-disabled" });
  });

  test("a session ends with its credential", async () => {
    const { server } = await start({ keys }, atExpiry);
    const credential = await mint(alice, 2);
    const xmpp = await session(server, credential);
    await until(() => xmpp.status !== "online");
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(credential.expires);
  });

  test("a credential lets in one login", async () => {
    const { server } = await start(settings(once, store), "");
    const credential = await mint(alice, 60);
    expect(await outcome(server, credential)).toBe(alice);
    expect(await outcome(server, credential)).toBe("account-disabled");
    expect(await outcome(server, await mint(alice, 30))).toBe(alice);
  });
});

test("the socket with the right is the one that mayfly serve is given", async () => {
  const socket = parse(feed).feed.sockets[0];
  const folder = mkdtempSync(join(tmpdir(), "mayfly-revoking-"));
  stops.push(() => rmSync(folder, { recursive: true }));
  const here = (text: string) => text.replace("/run/mayfly", folder);
  const config = join(folder, "mayfly.yml");
  writeFileSync(config, stringify({ keys, store: "memory" }) + here(feed));
  const served = await startServe(["--config", config, "--extauth", `unix:${here(socket)}`]);
  stops.push(served.stop);
  const client = new SocketClient(here(socket));
  stops.push(() => client.close());
  const { password } = await mint();
  expect((await client.ask(`login:alice:${host}:${password}`)).code).toBe(1);
  expect(served.stderr()).not.toContain("feed.sockets");
});

test("the issuer with these settings may sign users out", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-sign-out-"));
  stops.push(() => rmSync(folder, { recursive: true }));
  const config = join(folder, "mayfly.yml");
  writeFileSync(config, stringify({ keys, store: "memory" }) + singleSignOut);
  expect(loadConfig(config, {}).issuers).toMatchObject([{ logoutAudience: "chat-app" }]);
});

describe("the command", () => {
  /** A program with these settings, and a terminal beside it. */
  async function start(...texts: string[]) {
    const program = makeProgram(settings(store, ...texts));
    stops.push(program.end);
    return terminalAt(program.config);
  }

  const accepts = async ({ run }: Terminal, { password }: MintedCredential) => {
    const said = await run(`mayfly verify ${alice} '${password}' || true`);
    return steady(said).trimEnd();
  };

  test("takes one credential back, and no other", async () => {
    const terminal = await start();
    const credential = await mint();
    const assigned = `CREDENTIAL='${credential.password}'\n${one}`;
    expect(steady(await terminal.run(assigned))).toBe("revoked: it would have expired MOMENT\n");
    expect(await accepts(terminal, credential)).toBe("refused: revoked");
    expect(await accepts(terminal, await mint(alice, 300))).toContain("accepted");
  });

  test("takes back what was minted for longer than max_ttl, where that is said", async () => {
    const terminal = await start(short);
    const credential = await mint(alice, 7200);
    expect(await accepts(terminal, credential)).toBe("refused: too-long-lived");
    expect(await terminal.run(longest)).toContain(`revoked: all credentials minted for ${alice}`);
    // What is left of its life fits into max_ttl in the end; here that is longer at once.
    await terminal.run(`sed -i 's/max_ttl: 10m/max_ttl: 24h/' "$MAYFLY_CONFIG"`);
    expect(await accepts(terminal, credential)).toBe("refused: revoked");
  });

  test("lets in at once who was given a JWT later, or a MAC that lives for max_ttl", async () => {
    const terminal = await start(short);
    const [before, shorter] = [await mint(), await mint(alice, 300)];
    await terminal.run(revoke.slice(2).split("\n")[0] ?? "");
    const second = Math.floor(Date.now() / 1000);
    await until(() => Date.now() / 1000 >= second + 1);
    expect(await accepts(terminal, before)).toBe("refused: revoked");
    expect(await accepts(terminal, shorter)).toBe("refused: revoked");
    expect(await accepts(terminal, await mint(alice, 300))).toBe("refused: revoked");
    expect(await accepts(terminal, await mint(alice, 300, "jwt"))).toContain("accepted: key jwt");
    expect(await accepts(terminal, await mint())).toContain("accepted: key north");
  });
});

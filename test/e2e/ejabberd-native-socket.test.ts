import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint as mintWith } from "../../src/mint/index.ts";
import { makeProgram, type Program } from "../support/cli/socket-program.ts";
import { mqttOutcome } from "../support/clients/mqtt.ts";
import { rawOutcome } from "../support/clients/raw-login.ts";
import { c2sOutcome } from "../support/clients/tcp-login.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { apiAccess, runCommand } from "../support/servers/ejabberd-api.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [
  { id: "north", secret: "the secret of the end-to-end tests" },
  { id: "jwt", secret: "the secret of their JWTs, long", algorithm: "HS256" },
];
const keyring = new Keyring(keys);
const host = "example.org";
const alice = `alice@${host}`;
const now = () => Math.floor(Date.now() / 1000);
const mint = (request: Partial<MintRequest> = {}, at = now()) =>
  mintWith({ jid: alice, ttl: 600, ...request }, { keyring, now: at });

function start(socket: string): Promise<Ejabberd> {
  return startEjabberd({
    hosts: [host],
    mayfly: { keys: [] },
    sample: "ejabberd-x-oauth2.yml",
    furnish: installModMayfly,
    handlers: apiAccess.handlers,
    // Of more than five that come at once it would drop some, for a second.
    listeners: { ejabberd_c2s: { backlog: 100 }, mod_mqtt: { max_payload_size: 1_000_000 } },
    options: {
      ...apiAccess.options,
      loglevel: "debug",
      auth_method: ["mayfly"],
      auth_use_cache: true,
      modules: { mod_admin_extra: {}, mod_disco: {}, mod_mqtt: {}, mod_mayfly: { socket } },
    },
  });
}

describeWith("ejabberd")("ejabberd that asks mayfly serve", () => {
  let program: Program;
  let server: Ejabberd;
  const presented: string[] = [];

  beforeAll(async () => {
    const hosts = { [host]: { users: "seen" } };
    program = makeProgram({ keys, hosts, store: "memory" });
    await program.start();
    server = await start(program.path);
  });
  afterAll(async () => {
    await server?.stop();
    await program?.end();
  });

  const logged = (text: string) => until(() => server.log().includes(text));
  const present = (password: string) => {
    presented.push(password.split(/[:.]/).at(-1) ?? "");
    return password;
  };
  const logInAs = (user: string, password: string) => {
    present(password);
    return rawOutcome(server, { user, host, password });
  };

  test("takes every format, for whom it was minted", async () => {
    for (const request of [{}, { present: "token" }, { key: "jwt" }] as const) {
      const { password } = await mint(request);
      expect(await logInAs("alice", password)).toBe(alice);
      expect(await logInAs("bob", password)).toBe("not-authorized");
    }
    const { password } = await mint({ jid: `jürgen@${host}` });
    expect(await logInAs("jürgen", password)).toBe(`jürgen@${host}`);
  });

  test("says in its log why not, where mayfly serve may say so", async () => {
    expect(await logInAs("alice", (await mint({}, now() - 601)).password)).toBe("not-authorized");
    await logged(`mod_mayfly: refused ${alice}: expired`);
  });

  test("asks who exists, and passes on who is removed", async () => {
    const exists = async (user: string) =>
      (await runCommand(server, "check_account", { user, host })) === "0";
    const carol = { jid: `carol@${host}` };
    const { password } = await mint(carol);
    expect(await exists("carol")).toBe(false);
    expect(await logInAs("carol", password)).toBe(carol.jid);
    expect(await exists("carol")).toBe(true);
    await runCommand(server, "unregister", { user: "carol", host });
    expect(await logInAs("carol", password)).toBe("not-authorized");
    await logged(`mod_mayfly: refused ${carol.jid}: revoked`);
  });

  test("takes a credential over MQTT, and a password of 65 KB does no harm", async () => {
    const address = { url: `mqtts://localhost:${server.mqttPort}`, ca: server.ca };
    const connect = (password: string) =>
      mqttOutcome(address, { username: alice, password: present(password) });
    expect(await connect((await mint()).password)).toBe("connected");
    const tooLong = "x".repeat(65_500);
    expect(await Promise.all([connect(tooLong), connect(tooLong)])).toEqual([135, 135]);
    expect(await outcome(server, await mint())).toBe(alice);
  });

  test("loses none of 2000 logins, from 20 at once, while mayfly serve is killed and started", {
    timeout: 300_000,
  }, async () => {
    const [good, bad] = await Promise.all([mint(), mint({ jid: `bob@${host}` })]);
    const restarts = [200, 700, 1200, 1700];
    let asked = 0;
    const wrong: string[] = [];
    const one = async () => {
      for (let nth = asked++; nth < 2000; nth = asked++) {
        if (restarts.includes(nth)) {
          await program.kill();
          await program.start();
        }
        const isGood = nth % 4 !== 0;
        const { password } = isGood ? good : bad;
        const answer = await c2sOutcome(server, { user: "alice", host, password });
        if (answer !== (isGood ? "success" : "not-authorized")) wrong.push(`${nth}: ${answer}`);
      }
    };
    await Promise.all(Array.from({ length: 20 }, one));
    expect(wrong).toEqual([]);
    expect(server.log().includes("can be reached again")).toBe(true);
  });

  test("waits for a program that hangs, but not for ever, and takes no late answer for another's", async () => {
    program.signal("SIGSTOP");
    const good = await mint();
    const waiting = logInAs("alice", good.password);
    const refused = logInAs("bob", good.password);
    await new Promise((done) => setTimeout(done, 1000)); // both are asked meanwhile
    program.signal("SIGCONT");
    expect(await Promise.all([waiting, refused])).toEqual([alice, "not-authorized"]);
    program.signal("SIGSTOP");
    const before = performance.now();
    expect(await logInAs("alice", good.password)).toBe("not-authorized");
    expect(performance.now() - before).toBeGreaterThan(11_000);
    await logged(`mod_mayfly: refused ${alice}: mayfly serve gave no answer (timeout)`);
    program.signal("SIGCONT");
    expect(await logInAs("bob", good.password)).toBe("not-authorized");
    expect(await logInAs("alice", good.password)).toBe(alice);
  });

  test("has nothing of a secret in its log at debug level", () => {
    const log = server.log();
    const secrets = [...keys.map(({ secret }) => String(secret)), ...presented];
    const leaked = secrets.filter(
      (it) => log.includes(it) || log.includes(Buffer.from(it).toString("base64").slice(2, -4)),
    );
    expect(leaked.map((it) => it.slice(0, 4))).toEqual([]);
  });
});

describeWith("ejabberd")("ejabberd that asks what is not mayfly serve", () => {
  let listener: Server;
  let server: Ejabberd;
  let answer: Buffer = Buffer.alloc(0);

  beforeAll(async () => {
    const program = makeProgram({});
    listener = createServer((socket) => socket.on("data", () => socket.write(answer))).listen(
      program.path,
    );
    server = await start(program.path);
  });
  afterAll(async () => {
    await server?.stop();
    listener?.close();
  });

  test.each([
    ["a bare yes", [0, 2, 0, 1]],
    ["a yes for another user", [0, 7, 0, 1, ...Buffer.from("9:bob")]],
    ["a yes without an expiry", [0, 7, 0, 1, ...Buffer.from("alice")]],
    ["a yes whose expiry is no number", [0, 9, 0, 1, ...Buffer.from("x:alice")]],
    ["another code", [0, 2, 1, 1]],
    ["a no, and a yes that was not asked for", [0, 2, 0, 0, 0, 9, 0, 1, ...Buffer.from("9:alice")]],
  ])("refuses on %s", async (_, bytes) => {
    answer = Buffer.from(bytes);
    const { password } = await mint();
    for (let time = 0; time < 3; time++) {
      expect(await rawOutcome(server, { user: "alice", host, password })).toBe("not-authorized");
    }
  });
});

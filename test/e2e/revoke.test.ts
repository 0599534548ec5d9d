import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, client } from "@xmpp/client";
import { createElement } from "ltx";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { type MayflyError, mayfly } from "../../src/client/index.ts";
import type { MintedCredential } from "../../src/credential/index.ts";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import type { RevocationOutcome, SessionList } from "../../src/sessions/index.ts";
import { openStore } from "../../src/store/index.ts";
import { revokeUser } from "../../src/verify/index.ts";
import { runMayfly, type Served, startServe } from "../support/cli/run-cli.ts";
import { bind } from "../support/clients/raw-login.ts";
import { openRawStream, type RawStream } from "../support/clients/raw-stream.ts";
import { type Service, trust } from "../support/clients/xmpp-client.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/http/oidc-provider.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { type Redis, startRedis } from "../support/servers/redis.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const host = "example.org";
const keys: KeyInput[] = [{ id: "north", secret: "the secret of who is put out" }];
const keyring = new Keyring(keys);
const mint = (jid: string) => mintWith({ jid, ttl: 3000 }, { keyring });
const newUser = () => `user-${randomUUID()}@${host}`;

/** How many users take part in the storm. */
const crowd = Number(process.env.STORM_USERS ?? 100);

/** A machine with a `mayfly serve`, which its XMPP server follows. */
interface Machine {
  config: string;
  socket: string;
  served: Served;
  /** Starts it again after it was stopped. */
  start(): Promise<void>;
  end(): Promise<void>;
}

async function startMachine(settings: object): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-machine-"));
  const [config, socket] = [join(folder, "mayfly.yml"), join(folder, "extauth.sock")];
  writeFileSync(config, stringify({ keys, feed: { sockets: [socket] }, ...settings }));
  const serve = () => startServe(["--config", config, "--extauth", `unix:${socket}`]);
  const machine: Machine = {
    ...{ config, socket, served: await serve() },
    async start() {
      machine.served = await serve();
    },
    async end() {
      machine.served.kill("SIGKILL");
      await machine.served.stop();
      rmSync(folder, { recursive: true });
    },
  };
  return machine;
}

function ejabberdOn({ socket }: Machine): Promise<Ejabberd> {
  const modules = { mod_disco: {}, mod_ping: {}, mod_stream_mgmt: {}, mod_mayfly: { socket } };
  return startEjabberd({
    hosts: [host],
    mayfly: { keys },
    furnish: installModMayfly,
    options: { auth_method: ["mayfly"], modules, loglevel: "info" },
  });
}

const prosodyOn = ({ socket }: Machine): Promise<Prosody> =>
  startProsody({ hosts: [host], socket });

/** A session of a page, with the errors that it is told. */
async function logIn(server: Service, credential: MintedCredential) {
  trust(server.ca);
  const login = mayfly({ mint: () => credential });
  const xmpp: Client = client({
    service: server.url,
    domain: host,
    credentials: login.credentials,
  });
  login.install(xmpp);
  const errors: MayflyError[] = [];
  xmpp.on("error", (error) => errors.push(error as MayflyError));
  let connections = 0;
  xmpp.on("connecting", () => connections++);
  await xmpp.start();
  onTestFinished(() => xmpp.stop().then(() => {}));
  return { xmpp, errors, connections: () => connections };
}

const revoke = async (machine: Machine, ...args: string[]): Promise<RevocationOutcome> => {
  const all = ["revoke", ...args, "--json", "--config", machine.config];
  const { status, stdout, stderr } = await runMayfly(all);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
};

describeWith(
  "ejabberd",
  "prosody",
  "redis",
)("two machines with one Redis", () => {
  let redis: Redis;
  let [east, west]: Machine[] = [];
  let ejabberd: Ejabberd;
  let prosody: Prosody;

  beforeAll(async () => {
    redis = await startRedis();
    const settings = { store: redis.url };
    [east, west] = await Promise.all([startMachine(settings), startMachine(settings)]);
    [ejabberd, prosody] = await Promise.all([ejabberdOn(east), prosodyOn(west)]);
  });
  afterAll(async () => {
    await Promise.all([ejabberd?.stop(), prosody?.stop()]);
    await Promise.all([east?.end(), west?.end()]);
    await redis?.stop();
  });

  test("put a user out of both, from either", async () => {
    const alice = newUser();
    const friend = await logIn(ejabberd, await mint(newUser()));
    const sessions = [
      await logIn(ejabberd, await mint(alice)),
      await logIn(prosody, await mint(alice)),
    ];
    const listed = await runMayfly([
      "sessions",
      alice,
      "--json",
      "--config",
      (west as Machine).config,
    ]);
    const list: SessionList = JSON.parse(listed.stdout);
    expect({ ...list, servers: [] }).toMatchObject({ total: 2, notReached: [] });
    const jids = list.servers.flatMap(({ sessions: some = [] }) => some.map(({ jid }) => jid));
    expect(jids.sort()).toEqual(sessions.map(({ xmpp }) => String(xmpp.jid)).sort());
    expect(listed.stdout).not.toContain((await mint(alice)).password.split(":")[1]);

    const revokedAt = performance.now();
    const [outcome] = await Promise.all([
      revoke(west as Machine, alice, "--reason", "lost phone"),
      until(() => sessions.every(({ errors }) => errors.length > 0)),
    ]);
    expect(performance.now() - revokedAt).toBeLessThan(5000);
    expect(outcome).toMatchObject({ ended: 2, jid: alice });
    expect(outcome.notReached.map(({ name }) => name)).toEqual(["coturn", "Kamailio", "MQTT"]);
    for (const { errors, connections } of sessions) {
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({
        code: "ERR_REVOKED",
        message: "the session was ended: lost phone",
      });
      expect(connections()).toBe(1);
    }
    expect(friend.errors).toEqual([]);
  });

  test("put a user out once a machine is back that was down", async () => {
    const machine = west as Machine;
    const alice = newUser();
    const { errors } = await logIn(prosody, await mint(alice));
    machine.served.kill("SIGKILL");
    await machine.served.stop();
    const { servers, ended } = await revoke(east as Machine, alice);
    expect(ended).toBe(0);
    expect(servers.map(({ state }) => state).sort()).toEqual(["reported", "silent"]);
    expect(errors).toEqual([]);
    await machine.start();
    await until(() => errors.length > 0);
    expect(errors).toMatchObject([{ code: "ERR_REVOKED" }]);
  });

  test("put a user out once Redis is back, with nothing in it", async () => {
    const alice = newUser();
    const sessions = [
      await logIn(ejabberd, await mint(alice)),
      await logIn(prosody, await mint(alice)),
    ];
    await redis.stop();
    const args = ["revoke", alice, "--config", (east as Machine).config];
    expect(await runMayfly(args)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("the store redis:"),
    });
    await redis.start();
    await revoke(east as Machine, alice);
    await until(() => sessions.every(({ errors }) => errors.length > 0));
    for (const { errors } of sessions) expect(errors).toMatchObject([{ code: "ERR_REVOKED" }]);
  });
});

describeWith("prosody")("an identity provider", () => {
  let idp: OidcProvider;
  let machine: Machine;
  let prosody: Prosody;

  beforeAll(async () => {
    const client_id = "chat-app";
    idp = await startOidcProvider({
      audience: host,
      clients: [
        {
          ...{ client_id, client_secret: "the secret of the chat app at the IdP" },
          redirect_uris: ["http://127.0.0.1/callback"],
          backchannel_logout_uri: "http://127.0.0.1/later",
          backchannel_logout_session_required: true,
        },
      ],
    });
    machine = await startMachine({
      store: "memory",
      issuers: [
        {
          ...{ issuer: idp.issuer, jwks: `${idp.issuer}/jwks`, algorithms: ["RS256"] },
          ...{ audience: host, logout_audience: client_id, user: "preferred_username" },
        },
      ],
    });
    prosody = await prosodyOn(machine);
  });
  afterAll(async () => {
    await prosody?.stop();
    await machine?.end();
    await idp?.stop();
  });

  test("signs a user out, and their session ends", async () => {
    const credentialOf = async (name: string): Promise<MintedCredential> => ({
      ...{ username: name, jid: `${name}@${host}`, ttl: 300, expires: Date.now() / 1000 + 300 },
      password: await idp.accessToken({ user: name, client: "chat-app" }),
    });
    const [alice, bob] = [
      await logIn(prosody, await credentialOf("alice")),
      await logIn(prosody, await credentialOf("bob")),
    ];
    const app = await idp.provider.Client.find("chat-app");
    if (!app) throw new Error("the provider does not know its client");
    const url = `${machine.served.url}/oidc/backchannel-logout`;
    Object.assign(app, { backchannelLogoutUri: url }); // known only now
    const signedOutAt = performance.now();
    await (app as unknown as { backchannelLogout(sub: string, sid: string): Promise<void> }) //
      .backchannelLogout("alice", "any-session");
    await until(() => alice.errors.length > 0);
    expect(performance.now() - signedOutAt).toBeLessThan(5000);
    expect(alice.errors).toMatchObject([{ code: "ERR_REVOKED" }]);
    expect(alice.errors[0]?.message).toContain(`signed out at ${idp.issuer}`);
    expect(bob.errors).toEqual([]);
  });
});

/** A user in the storm, who logs in again and again with one credential. */
interface Guest {
  jid: string;
  credential: MintedCredential;
  stream?: RawStream | undefined;
  isRevoked: boolean;
}

describe.each([
  ["ejabberd" as const, ejabberdOn],
  ["prosody" as const, prosodyOn],
])("a storm at %s", (name, startOn) => {
  describeWith(name)("where users are revoked while they reconnect", () => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-storm-"));
    const storeUrl = `lmdb:${folder}`;
    let machine: Machine;
    let server: Service & { stop(): Promise<void> };

    beforeAll(async () => {
      machine = await startMachine({ store: storeUrl });
      server = await startOn(machine);
    });
    afterAll(async () => {
      await server?.stop();
      await machine?.end();
      rmSync(folder, { recursive: true });
    });

    test("nobody who was revoked is in at the end, and nobody else was put out", {
      timeout: 120_000 + 500 * crowd,
    }, async () => {
      const guests = await Promise.all(
        Array.from({ length: crowd }, async (): Promise<Guest> => {
          const jid = newUser();
          return { jid, credential: await mint(jid), isRevoked: false };
        }),
      );
      await atOnce(guests, 20, (guest) => enter(server, guest));
      expect(guests.filter(({ stream }) => !stream)).toEqual([]);

      const store = await openStore(storeUrl);
      await store.hasSeen(host); // its process takes its time to start
      const revoked = guests.filter(() => Math.random() < 0.5);
      await Promise.all([
        atOnce(revoked, 4, async (guest) => {
          const [user = ""] = guest.jid.split("@");
          await revokeUser(user, host, { store });
          guest.isRevoked = true;
        }),
        atOnce(shuffled([...guests, ...guests]), 20, async (guest) => {
          const { stream } = guest;
          guest.stream = undefined;
          await stream?.close();
          await enter(server, guest);
        }),
      ]);
      await store.close();

      await until(async () => {
        const alive = await Promise.all(
          guests.filter(({ isRevoked }) => isRevoked).map(({ stream }) => isOpen(stream)),
        );
        return !alive.includes(true);
      });
      const others = guests.filter(({ isRevoked }) => !isRevoked);
      const alive = await Promise.all(others.map(({ stream }) => isOpen(stream)));
      expect(alive.filter((it) => !it)).toEqual([]);
      await Promise.all(guests.map(({ stream }) => stream?.close()));
    });
  });
});

/** Logs a guest in, unless the server refuses or ends it. */
async function enter(server: Service, guest: Guest): Promise<void> {
  const [user = ""] = guest.jid.split("@");
  const stream = await openRawStream(server, host);
  try {
    await stream.open();
    const { password } = guest.credential;
    if ((await stream.authenticate("PLAIN", `\0${user}\0${password}`)) === "success") {
      await stream.open();
      await bind(stream);
      guest.stream = stream;
      return;
    }
  } catch {
    // The session was ended while it was opened.
  }
  await stream.close();
}

async function isOpen(stream: RawStream | undefined): Promise<boolean> {
  if (!stream) return false;
  const xmlns = "jabber:client";
  const ping = createElement(
    "iq",
    { xmlns, type: "get", id: randomUUID() },
    createElement("ping", { xmlns: "urn:xmpp:ping" }),
  );
  try {
    await stream.ask(ping, ["iq"]);
    return true;
  } catch {
    return false;
  }
}

async function atOnce<T>(all: readonly T[], lanes: number, run: (it: T) => Promise<void>) {
  const left = [...all];
  const lane = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await run(next);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function shuffled<T>(all: T[]): T[] {
  return all
    .map((it) => [Math.random(), it] as const)
    .sort(([one], [other]) => one - other)
    .map(([, it]) => it);
}

import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { host, keys, mint } from "../support/cases/revocation.ts";
import { makeRevokingProgram, type RevokingProgram } from "../support/cli/revoking-program.ts";
import { authElement, exchange, streamHeader, verdict } from "../support/clients/sasl/exchange.ts";
import { Random } from "../support/data/random.ts";
import { startEjabberd } from "../support/servers/ejabberd.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const users = Number(process.env.STORM_USERS ?? 300);
const atOnce = 20;
const bind = "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";

let program: RevokingProgram;

beforeAll(async () => {
  program = await makeRevokingProgram(keys);
  await program.start();
});
afterAll(() => program?.end());

/** Opens a session without TLS, whose cost would be that of the test: nothing where it is not let in. */
async function open(port: number, user: string, password: string): Promise<Socket | undefined> {
  const socket = connect(port, "127.0.0.1");
  try {
    await exchange(socket, streamHeader(host), /<\/stream:features>/);
    const login = authElement("PLAIN", `\0${user}\0${password}`);
    if ((await exchange(socket, login, verdict)) !== "<success") throw new Error("refused");
    await exchange(socket, streamHeader(host), /<\/stream:features>/);
    await exchange(socket, bind, /<\/iq>/);
    socket.on("error", () => {}).resume();
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}

/**
 * Users come, are cut off and come again with the credential that they have, while every second of
 * them is revoked, all in an order by chance.
 */
async function storm(port: number, prefix: string): Promise<void> {
  const random = new Random(seed);
  const names = Array.from({ length: users }, (_, index) => `${prefix}-${index}`);
  const isRevoked = (name: string) => Number(name.split("-")[1]) % 2 === 1;
  const credentials = new Map<string, string>();
  for (const name of names) credentials.set(name, (await mint(`${name}@${host}`)).password);
  const sessions = new Map<string, Promise<Socket | undefined>>();

  const come = async (name: string) => {
    const before = sessions.get(name);
    const session = (before ?? Promise.resolve(undefined)).then((socket) => {
      socket?.destroy();
      return open(port, name, credentials.get(name) as string);
    });
    sessions.set(name, session);
    await session;
  };
  const tasks = names.flatMap((name) => [
    () => come(name),
    () => come(name),
    ...(isRevoked(name) ? [async () => void (await program.revokeUser(`${name}@${host}`))] : []),
  ]);
  const shuffled = tasks
    .map((task) => ({ task, at: random.below(2 ** 30) }))
    .sort((one, other) => one.at - other.at);
  const worker = async () => {
    for (let next = shuffled.pop(); next; next = shuffled.pop()) await next.task();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));

  await (await program.revokeUser(`nobody@${host}`))(); // the server has heard of all by now
  const isOpen = async (name: string) => (await sessions.get(name))?.closed === false;
  for (const name of names.filter(isRevoked)) {
    await until(async () => !(await isOpen(name)));
    expect(await open(port, name, credentials.get(name) as string)).toBeUndefined();
  }
  const thrownOut: string[] = [];
  for (const name of names) if (!isRevoked(name) && !(await isOpen(name))) thrownOut.push(name);
  expect(thrownOut).toEqual([]);
  for (const session of sessions.values()) (await session)?.destroy();
}

const title = `leaves nobody in who is revoked, and throws nobody else out (FUZZ_SEED=${seed})`;

describeWith("ejabberd")("a storm of revocations on ejabberd", () => {
  test(title, { timeout: 300_000 }, async () => {
    const server = await startEjabberd({
      hosts: [host],
      mayfly: { keys: [] },
      furnish: installModMayfly,
      listeners: { ejabberd_c2s: { starttls_required: false, backlog: 100 } },
      options: {
        auth_method: ["mayfly"],
        modules: { mod_mayfly: { socket: program.path } },
      },
    });
    try {
      await storm(server.port, "e");
    } finally {
      await server.stop();
    }
  });
});

describeWith("prosody")("a storm of revocations on Prosody", () => {
  test(title, { timeout: 300_000 }, async () => {
    const server = await startProsody({
      hosts: [host],
      socket: program.path,
      options: `
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
insecure_sasl_mechanisms = {}`,
    });
    try {
      await storm(server.port, "p");
    } finally {
      await server.stop();
    }
  });
});

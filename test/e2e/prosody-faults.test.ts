import { createPrivateKey, createPublicKey } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { encodeOAuthBearer } from "../../src/sasl/index.ts";
import { makeProgram, type Program, ways } from "../support/cli/socket-program.ts";
import { plaintextLogin } from "../support/clients/plaintext-login.ts";
import { rawOutcome, saslOutcome } from "../support/clients/raw-login.ts";
import { frame } from "../support/data/frames.ts";
import { pemPair, signedToken } from "../support/data/jwt.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret of the faults" }];
const keyring = new Keyring(keys);
const host = "example.org";
const alice = `alice@${host}`;
const now = () => Math.floor(Date.now() / 1000);
const mint = (jid = alice) => mintWith({ jid, ttl: 60 }, { keyring, now: now() });
const seconds = 2;
const impatient = `mayfly_timeout = ${seconds}`;
const patient = "mayfly_timeout = 25"; // a machine that is busy starts a program slowly

let server: Prosody | undefined;
let program: Program | undefined;
afterEach(async () => {
  await server?.stop();
  await program?.end();
  server = undefined;
  program = undefined;
});

async function logIn(user: string, password?: string): Promise<string> {
  const good = (await mint(`${user}@${host}`)).password;
  return rawOutcome(server as Prosody, { user, host, password: password ?? good });
}

/** Resolves once a good login succeeds. */
async function recovery(): Promise<void> {
  await until(async () => (await logIn("alice")) === alice);
}

/** A wrong login that a stale answer would make good. */
async function logInWrongly(): Promise<string> {
  return logIn("mallory", (await mint()).password);
}

describeWith("prosody", "socat", "systemd").each(ways)("Prosody with %s", (way) => {
  async function start(options: string, isRunning = true): Promise<[Program, Prosody]> {
    program = makeProgram({ keys }, way);
    if (isRunning) await program.start();
    server = await startProsody({ hosts: [host], socket: program.path, options });
    return [program, server];
  }

  test("lets logins wait for a program that is started late", async () => {
    const [program, server] = await start(patient, false);
    await until(() => server.log().includes("Cannot reach the program"));
    const [good, wrong] = [logIn("alice"), logInWrongly()];
    await program.start();
    expect(await Promise.all([good, wrong])).toEqual([alice, "not-authorized"]);
    expect(server.log()).toContain("can be reached again");
  });

  test("answers while the program is stopped, and recovers by itself", async () => {
    const [program, server] = await start(impatient);
    await recovery();
    await program.kill();
    expect(await Promise.all([logIn("alice"), logInWrongly()])).toEqual([
      "temporary-auth-failure",
      "temporary-auth-failure",
    ]);
    await program.start();
    await recovery();
    expect(await logInWrongly()).toBe("not-authorized");
    expect(server.log().match(/Cannot reach the program/g)).toHaveLength(1);
  });

  test("answers 50 logins at once under which the program is killed", async () => {
    const [program] = await start(`${patient}\nmayfly_connections = 8`);
    await logIn("alice");
    program.signal("SIGSTOP"); // so that it is killed with all of them under way or waiting
    const logins = Array.from({ length: 50 }, (_, number) =>
      number % 2 === 0 ? logIn(`user${number}`) : logInWrongly(),
    );
    await until(() => (server?.log().match(/Received\[c2s_unauthed\]: <auth/g) ?? []).length >= 50);
    await program.kill();
    await program.start();
    const outcomes = await Promise.all(logins);
    for (const [number, outcome] of outcomes.entries()) {
      const deserved = number % 2 === 0 ? `user${number}@${host}` : "not-authorized";
      expect([deserved, "temporary-auth-failure"]).toContain(outcome);
    }
    // Those that were not under way have waited for the new one.
    expect(outcomes.filter((it) => it !== "temporary-auth-failure").length).toBeGreaterThan(30);
    expect(await Promise.all([logIn("alice"), logInWrongly()])).toEqual([alice, "not-authorized"]);
  });

  test("gives a hung program up, and takes no answer that comes late", async () => {
    const [program, server] = await start(impatient);
    await recovery();
    program.signal("SIGSTOP");
    const good = Array.from({ length: 8 }, () => logIn("alice"));
    expect(new Set(await Promise.all(good))).toEqual(new Set(["temporary-auth-failure"]));
    const wrong = Array.from({ length: 8 }, logInWrongly);
    program.signal("SIGCONT"); // and now it answers all that it was asked
    for (const outcome of await Promise.all(wrong)) {
      expect(["not-authorized", "temporary-auth-failure"]).toContain(outcome);
    }
    await recovery();
    expect(await logInWrongly()).toBe("not-authorized");
    expect(server.log()).toContain(`it did not answer within ${seconds} seconds`);
  });
});

describeWith("prosody")("Prosody with 2,000 logins, twenty at a time,", () => {
  // Without TLS, which would take most of the time.
  const open = `c2s_require_encryption = false
allow_unencrypted_plain_auth = true
insecure_sasl_mechanisms = {}`;

  test("loses none but what is under way while the program is killed and started", async () => {
    program = makeProgram({ keys });
    await program.start();
    server = await startProsody({
      hosts: [host],
      socket: program.path,
      options: `${patient}\n${open}`,
    });
    const { password } = await mintWith({ jid: alice, ttl: 600 }, { keyring });
    const outcomes: string[] = [];
    let left = 2000;
    const logInAll = async ({ port }: Prosody) => {
      while (left-- > 0) {
        const user = left % 2 ? "alice" : "mallory";
        const [, outcome] = await plaintextLogin(port, host, `\0${user}\0${password}`);
        outcomes.push(`${user}: ${outcome}`);
      }
    };
    const all = Promise.all(Array.from({ length: 20 }, () => logInAll(server as Prosody)));
    for (const count of [400, 900, 1400]) {
      await until(() => outcomes.length > count);
      await program.kill();
      await program.start();
    }
    await all;
    const counts: Record<string, number> = {};
    for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
    const deserved = ["alice: success", "mallory: not-authorized"];
    const lost = ["alice: temporary-auth-failure", "mallory: temporary-auth-failure"];
    expect([...deserved, ...lost]).toEqual(expect.arrayContaining(Object.keys(counts)));
    const sum = (names: string[]) => names.reduce((all, name) => all + (counts[name] ?? 0), 0);
    expect(sum(deserved) + sum(lost)).toBe(2000);
    // What was under way ends with the process: at most four questions, three times.
    expect(sum(lost)).toBeLessThanOrEqual(12);
  });
});

describeWith("prosody")('Prosody with network_backend = "select"', () => {
  test("logs in, and recovers by itself", async () => {
    program = makeProgram({ keys });
    await program.start();
    const lines = `${patient}\nnetwork_backend = "select"`;
    server = await startProsody({ hosts: [host], socket: program.path, options: lines });
    expect(await Promise.all([logIn("alice"), logInWrongly()])).toEqual([alice, "not-authorized"]);
    await program.kill();
    const early = logIn("alice");
    await program.start();
    expect(await early).toBe(alice);
    expect(server.log()).toContain("Prosody is using the select backend");
  });
});

describeWith("prosody")("Prosody with a check that takes its time", () => {
  test("lets nobody else wait for it", async () => {
    const { privateKey, publicKey } = pemPair("ES256");
    const jwk = createPublicKey(publicKey).export({ format: "jwk" });
    const asked: ServerResponse[] = [];
    const issuer = createHttpServer((_, response) => void asked.push(response));
    issuer.listen(0, "127.0.0.1");
    await once(issuer, "listening");
    const jwks = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks.json`;
    const trusted = { issuer: "https://id.example.net", algorithms: ["ES256"], audience: host };
    program = makeProgram({ keys, issuers: [{ ...trusted, jwks }] });
    await program.start();
    server = await startProsody({ hosts: [host], socket: program.path });

    const times = { iat: now(), exp: now() + 60 };
    const claims = { iss: trusted.issuer, aud: host, sub: "carol", scope: "sasl_auth", ...times };
    const token = await signedToken(createPrivateKey(privateKey), { alg: "ES256" }, claims);
    const slow = saslOutcome(server, host, "OAUTHBEARER", encodeOAuthBearer({ token }));
    try {
      await until(() => asked.length > 0);
      for (let round = 0; round < 10; round++) {
        expect(await Promise.all([logIn("alice"), logInWrongly()])).toEqual([
          alice,
          "not-authorized",
        ]);
      }
      const [response] = asked;
      expect(response?.writableEnded).toBe(false);
      response?.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
      expect(await slow).toBe(`carol@${host}`);
    } finally {
      issuer.closeAllConnections();
      issuer.close();
    }
  });
});

describeWith("prosody")("Prosody with a program that is not ours, or out of its mind,", () => {
  let good: string;
  beforeAll(async () => {
    good = (await mint()).password;
  });

  const bytes = (...numbers: number[]) => Buffer.from(numbers);
  const accepts = (text: string) =>
    Buffer.concat([bytes(0, 2 + text.length, 0, 1), Buffer.from(text)]);
  const accepted = accepts("1893456000:alice");

  test.each<[string, (socket: Socket) => void, string, string?]>([
    ["says yes to what it does not know", (it) => it.write(frame(bytes(0, 1))), "does not know"],
    ["says yes and names nobody", (it) => it.write(accepts("1893456000:")), "does not know"],
    ["says yes with no expiry", (it) => it.write(accepts("alice")), "does not know"],
    [
      "names a user that is none",
      (it) => it.write(accepts("1893456000:Alice")),
      "not a prepared",
      "not-authorized",
    ],
    ["knows a code of its own", (it) => it.write(bytes(0, 2, 0, 9)), ""],
    ["sends too short a reply", (it) => it.write(bytes(0, 1, 1)), "what is not a reply"],
    ["answers twice", (it) => it.write(Buffer.concat([accepted, accepted])), "what is not a reply"],
    ["hangs up", (it) => it.destroy(), "no answer"],
    ["hangs up in the middle", (it) => it.end(accepted.subarray(0, 9)), "no answer"],
  ])("lets nobody in when it %s", async (_, answer, said, outcome = "temporary-auth-failure") => {
    const rogue = await listenAs((socket) => socket.on("data", () => answer(socket)));
    expect(await logIn("alice", good)).toBe(outcome);
    expect(server?.log()).toContain(said);
    rogue.close();
  });

  test("takes no answer that nobody asked for", async () => {
    const sockets: Socket[] = [];
    const rogue = await listenAs((socket) => {
      sockets.push(socket.on("data", () => socket.write(bytes(0, 2, 0, 0))));
    });
    expect(await logInWrongly()).toBe("not-authorized");
    for (const socket of sockets) socket.write(accepted);
    await until(() => server?.log().includes("it sent what nobody asked for"));
    expect(await logInWrongly()).toBe("not-authorized");
    rogue.close();
  });

  test("takes an answer that comes byte by byte", async () => {
    const rogue = await listenAs((socket) => {
      socket.setNoDelay(true).on("data", async () => {
        for (const byte of accepted) {
          socket.write(bytes(byte));
          await new Promise((done) => setImmediate(done));
        }
      });
    });
    expect(await logIn("alice", "anything")).toBe(alice);
    rogue.close();
  });

  /** Starts Prosody with something else on the socket. */
  async function listenAs(answer: (socket: Socket) => void): Promise<Server> {
    program = makeProgram({ keys });
    rmSync(program.path, { force: true });
    const rogue = createServer((socket) => answer(socket.on("error", () => {})));
    rogue.listen(program.path);
    await once(rogue, "listening");
    server = await startProsody({ hosts: [host], socket: program.path, options: impatient });
    return rogue;
  }
});

describeWith("prosody")("Prosody with a defect", () => {
  test("still answers", async () => {
    const plugins = mkdtempSync(join(tmpdir(), "mayfly-plugins-"));
    const defect = 'require "util.json".encode = function () error("a defect"); end';
    writeFileSync(join(plugins, "mod_defect.lua"), defect);
    program = makeProgram({ keys });
    await program.start();
    const more = 'modules_enabled = { "saslauth", "tls", "websocket", "defect" }';
    server = await startProsody({
      hosts: [host],
      socket: program.path,
      options: more,
      plugins: [plugins],
    });
    rmSync(plugins, { recursive: true });
    const message = encodeOAuthBearer({ token: "wrong" });
    expect(await saslOutcome(server, host, "OAUTHBEARER", message)).toBe("temporary-auth-failure");
    expect(server.log()).toContain("a defect");
    expect(await logIn("alice")).toBe(alice);
  });
});

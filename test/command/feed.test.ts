import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import type { RevocationOutcome } from "../../src/sessions/index.ts";
import { runMayfly, type Served, startExtauth, startServe } from "../support/cli/run-cli.ts";
import { FollowerClient, SocketClient } from "../support/clients/follower.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-feed-"));
const config = join(folder, "mayfly.yml");
const [open, closed] = [join(folder, "open.sock"), join(folder, "closed.sock")];
const secret = "the-secret-of-the-north-32-bytes";
const hmacSecret = "the-secret-of-the-south-32-bytes";
const keyring = new Keyring([
  { id: "a", secret },
  { id: "hs", secret: hmacSecret, algorithm: "HS256" },
]);
const jid = "alice@example.org";
writeFileSync(
  config,
  `keys: [{id: a, secret: ${secret}}, {id: hs, secret: ${hmacSecret}, algorithm: HS256}]
store: lmdb:${join(folder, "state")}
feed: {sockets: [open.sock]}
http: {admin_keys: [the-key-of-the-operator], api_keys: [the-key-of-the-app-server]}
`,
);

let served: Served;

beforeAll(async () => {
  const sockets = [open, closed].flatMap((path) => ["--extauth", `unix:${path}`]);
  served = await startServe(["--config", config, ...sockets]);
});
afterAll(async () => {
  await served?.stop();
  rmSync(folder, { recursive: true });
});

function connectTo(path: string): SocketClient {
  const client = new SocketClient(path);
  onTestFinished(() => client.close());
  return client;
}

function follower(server: string, hosts?: string[]): FollowerClient {
  const client = new FollowerClient(open, server, hosts);
  onTestFinished(() => client.close());
  return client;
}

describe("the feed of mayfly serve", () => {
  test("is refused on a socket without the right, and says why", async () => {
    const client = connectTo(closed);
    const { password } = await mint({ jid }, { keyring });
    const follow = `follow:${JSON.stringify({ server: "x", hosts: ["example.org"], cursor: "" })}`;
    const why = "this socket is not among the feed.sockets of mayfly.yml";
    expect(await client.ask(follow)).toEqual({ code: 0, text: why });
    expect(await client.ask("report:{}")).toEqual({ code: 0, text: why });
    expect(await client.ask(`login:alice:example.org:${password}`)).toEqual({ code: 0, text: "" });
    expect(await client.ask(`identify:alice:example.org:${password}`)).toEqual({
      code: 0,
      text: "",
    });
    expect((await client.ask(`check:alice:example.org:${password}`)).code).toBe(1);
  });

  test("is refused on a pipe, whatever sockets have the right", async () => {
    const pipe = startExtauth(["--config", config]);
    onTestFinished(() => pipe.kill("SIGKILL"));
    const { password } = await mint({ jid }, { keyring });
    const follow = JSON.stringify({ server: "x", hosts: ["example.org"], cursor: "" });
    for (const request of [`follow:${follow}`, "report:{}"]) {
      expect(await pipe.ask(request)).toBe("00020000");
    }
    for (const op of ["login", "identify"]) {
      expect(await pipe.ask(`${op}:alice:example.org:${password}`)).toBe("00020000");
    }
    expect(await pipe.ask(`auth:alice:example.org:${password}`)).toBe("00020001");
  });

  test("tells a server what to keep with a session", async () => {
    const client = connectTo(open);
    const { password, expires } = await mint({ jid }, { keyring });
    const facts = { credential: expect.stringMatching(/^mac:/), expires, format: "mojoauth" };
    const login = await client.ask(`login:alice:example.org:${password}`);
    expect(login.code).toBe(1);
    expect(JSON.parse(login.text)).toEqual({ user: "alice", ...facts, key: "a" });
    const identified = await client.ask(`identify:alice:example.org:${password}`);
    expect(JSON.parse(identified.text)).toEqual({ user: "alice", ...facts });
    const jwt = await mint({ jid, key: "hs" }, { keyring });
    const { text } = await client.ask(`login::example.org:${jwt.password}`);
    expect(JSON.parse(text)).toEqual({
      user: "alice",
      credential: expect.stringMatching(/^jti:/),
      expires: jwt.expires,
      issued: jwt.expires - jwt.ttl,
      format: "jwt",
      key: "hs",
    });
    expect((await client.ask(`login:bob:example.org:${password}`)).code).toBe(0);
    const old = await mint({ jid, ttl: 60 }, { keyring, now: 1_700_000_000 });
    expect((await client.ask(`login:alice:example.org:${old.password}`)).code).toBe(2);
  });

  test("counts who follows", async () => {
    await follower("chat9", ["example.net"]).follow();
    const metrics = await (await fetch(`${served.url}/metrics`)).text();
    expect(metrics).toMatch(/^mayfly_feed_followers 1$/m);
  });

  test("answers at once who comes for the first time, so that a server knows its right", async () => {
    const startedAt = performance.now();
    await follower("chat0", ["example.net"]).follow();
    expect(performance.now() - startedAt).toBeLessThan(4000); // of 8 s that it is held otherwise
  });

  test("tells who follows within a second what another process revokes", async () => {
    const client = follower("chat2");
    const next = client.next();
    const at = Math.floor(Date.now() / 1000);
    expect((await runMayfly(["revoke", "bob@example.org", "--config", config])).status).toBe(0);
    const revokedAt = performance.now();
    const [event] = await next;
    expect(performance.now() - revokedAt).toBeLessThan(1500);
    expect(event).toMatchObject({ type: "user", jid: "bob@example.org" });
    expect(event?.at).toBeGreaterThanOrEqual(at);
    const { password } = await mint({ jid: "bob@example.org" }, { keyring });
    const client2 = connectTo(open);
    expect((await client2.ask(`login:bob:example.org:${password}`)).code).toBe(3);
  });

  test("lists the open sessions that the servers tell, without control characters", async () => {
    const client = follower("chat2");
    await client.follow();
    const next = client.next();
    const run = runMayfly(["sessions", jid, "--config", config]);
    const [event] = await next;
    expect(event).toMatchObject({ type: "sessions", jid });
    const since = Math.floor(Date.now() / 1000) - 3600;
    const session = { jid: `${jid}/a\u001b[31mb`, since, address: "192.0.2.7", mechanism: "PLAIN" };
    await client.report(event?.id ?? "", { total: 3, sessions: [{ ...session, password: "x" }] });
    const { status, stdout } = await run;
    expect(stdout).toContain("open: 3 sessions at chat2\n");
    expect(stdout).toContain("/a\\u001b[31mb at chat2: since ");
    expect(stdout).toContain("(1 h ago), 192.0.2.7, PLAIN\n");
    expect(stdout).toContain("and 2 more at chat2\n");
    expect(stdout).not.toContain("password");
    expect(status).toBe(0);
  });

  test("does the same over HTTP, with an admin key", async () => {
    const client = follower("chat2");
    await client.follow();
    const { password } = await mint({ jid }, { keyring });
    const post = (body: object, key = "the-key-of-the-operator") =>
      fetch(`${served.url}/revoke`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      });
    expect((await post({ jid }, "the-key-of-the-app-server")).status).toBe(401);
    const next = client.next();
    const response = post({ credential: password, reason: "lost" });
    const [event] = await next;
    expect(event).toMatchObject({ type: "credential", reason: "lost" });
    await client.report(event?.id ?? "", { ended: 1 });
    const outcome = (await (await response).json()) as RevocationOutcome;
    expect(outcome).toMatchObject({ ended: 1, reason: "lost", credential: event?.credential });
    expect(outcome.servers).toContainEqual({
      ...{ server: "chat2", hosts: ["example.org"], state: "reported", ended: 1 },
    });
    expect(served.stderr()).not.toContain("the-key-of");
  });

  test("says what was done, and what was not reached", async () => {
    const [client, other] = [follower("chat2"), follower("chat4", ["other.example"])];
    other.follow().catch(() => {}); // nothing is for it
    await follower("chat3").follow(); // it reports nothing
    await client.follow();
    const next = client.next();
    const run = runMayfly(["revoke", jid, "--reason", "left <us>", "--config", config]);
    const [event] = await next;
    expect(event).toMatchObject({ type: "user", jid, reason: "left <us>" });
    expect(await client.report(event?.id ?? "", { ended: 2 })).toEqual({ code: 1, text: "{}" });
    await client.report(event?.id ?? "", { ended: 9 });
    const { status, stdout } = await run;
    expect(status).toBe(0);
    const [first, ended, ...rest] = stdout.trimEnd().split("\n");
    expect(first).toBe(`revoked: all credentials minted for ${jid} until now`);
    expect(ended).toBe("ended: 2 sessions at chat2");
    expect(rest.map((line) => line.replace(/^(not reached: \w+): .*/, "$1"))).toEqual(
      ["chat3", "coturn", "Kamailio", "MQTT"].map((name) => `not reached: ${name}`),
    );
  });

  test("knows a server that has left, once serve has stopped", async () => {
    await served.stop();
    const { stdout } = await runMayfly(["revoke", jid, "--json", "--config", config]);
    const { servers, ended } = JSON.parse(stdout);
    expect(ended).toBe(0);
    for (const { state } of servers) expect(state).toBe("not-connected");
    expect(servers).toHaveLength(2);
  });
});

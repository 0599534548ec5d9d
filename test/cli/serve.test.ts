import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { mayfly, startServe } from "../support/command.ts";
import { frame } from "../support/frames.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-serve-"));
const config = join(folder, "mayfly.yml");
const path = join(folder, "extauth.sock");
const args = ["--config", config, "--extauth", `unix:${path}`];
const { password } = await mint(
  { jid: "alice@example.org" },
  { keyring: new Keyring([{ id: "a", secret: "north" }]) },
);
const good = `auth:alice:example.org:${password}`;
const bad = `auth:bob:example.org:${password}`;
writeFileSync(config, "keys: [{id: a, secret: north}]\n");

afterAll(() => rmSync(folder, { recursive: true }));

/** Sends requests over a connection of its own: the replies to all, in hex. */
async function ask(...requests: string[]): Promise<string> {
  const socket = connect(path);
  socket.end(Buffer.concat(requests.map(frame)));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString("hex");
}

describe("mayfly serve", () => {
  test("answers any number of connections, each in its order", async () => {
    const served = await startServe(args);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    const replies = await Promise.all(
      Array.from({ length: 40 }, () => ask(good, bad, good, "isuser:zoe:example.org")),
    );
    expect(new Set(replies)).toEqual(new Set(["00020001" + "00020000" + "00020001" + "00020001"]));
    expect(await served.stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test("counts what it decides, without a name", async () => {
    const served = await startServe(args);
    await ask(good, good, bad, "nonsense");
    const response = await fetch(`${served.url}/metrics`);
    const text = await response.text();
    expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    expect(text).toContain(
      'mayfly_requests_total{op="auth",outcome="yes",reason="",format="mojoauth"} 2',
    );
    expect(text).toContain(
      'mayfly_requests_total{op="auth",outcome="no",reason="bad-signature",format=""} 1',
    );
    expect(text).toContain(
      'mayfly_requests_total{op="nonsense",outcome="no",reason="",format=""} 1',
    );
    expect(text).toContain('mayfly_request_duration_seconds_count{op="auth"} 3');
    expect(text).not.toMatch(/alice|bob|example\.org/);
    expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
    await served.stop();
  });

  test("answers what was asked before it stops", async () => {
    const served = await startServe(args);
    const socket = connect(path);
    await once(socket, "connect");
    socket.write(frame(good));
    const [reply] = (await once(socket, "data")) as [Buffer];
    expect(reply.toString("hex")).toBe("00020001");
    const closed = once(socket.resume(), "close");
    expect(await served.stop()).toBe(0);
    await closed;
  });

  test("replaces a socket that nobody listens on any more", async () => {
    const killed = await startServe(args);
    killed.kill("SIGKILL");
    await killed.stop();
    expect(existsSync(path)).toBe(true);
    const served = await startServe(args);
    expect(await ask(good)).toBe("00020001");
    await served.stop();
  });

  test("does not take the socket of a process that lives", async () => {
    const served = await startServe(args);
    const { status, stderr } = mayfly(["serve", "--listen", "127.0.0.1:0", ...args]);
    expect(stderr).toContain(`${path}: is listened on by another process`);
    expect(status).toBe(2);
    expect(await ask(good)).toBe("00020001");
    await served.stop();
  });

  test("ends with exit 2 and one line where it cannot serve", async () => {
    const plain = join(folder, "plain");
    writeFileSync(plain, "");
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    for (const [wrong, line] of [
      [["--config", "none.yml"], "none.yml: cannot be read (ENOENT)"],
      [["--config", config, "--extauth", `unix:${plain}`], "is there, and is no socket"],
      [["--config", config, "--extauth", plain], "write unix:/run/mayfly/extauth.sock"],
      [["--config", config, "--listen", `127.0.0.1:${port}`], "cannot be listened on (EADDRINUSE)"],
      [["--config", config, "--listen", "here"], "here is no address"],
    ] as const) {
      const listen = wrong.some((word) => word === "--listen") ? [] : ["--listen", "127.0.0.1:0"];
      const { status, stderr } = mayfly(["serve", ...listen, ...wrong]);
      expect(stderr).toContain(line);
      expect(status).toBe(2);
    }
    taken.close();
  });
});

describe("mayfly revoke", () => {
  const stateful = join(folder, "stateful.yml");
  writeFileSync(
    stateful,
    `keys: [{id: a, secret: north}, {id: hs, secret: north, algorithm: HS256}]\nstore: "lmdb:state"\n`,
  );
  const options = ["--config", stateful];
  const jid = "alice@example.org";
  const make = (...more: string[]) =>
    JSON.parse(mayfly(["mint", jid, "--json", ...options, ...more]).stdout).password;
  const check = (text: string) => mayfly(["verify", jid, text, ...options]).stdout.trim();

  test("takes one credential back, for a server that runs as well", async () => {
    const served = await startServe(["--config", stateful, "--extauth", `unix:${path}`]);
    const [one, other] = [make(), make("--ttl", "30m")];
    expect(await ask(`auth:alice:example.org:${one}`)).toBe("00020001");
    const { status, stdout } = mayfly(["revoke", "--credential", "-", ...options], { input: one });
    expect(stdout).toMatch(/^revoked: it would have expired .*\n$/);
    expect(status).toBe(0);
    expect(await ask(`auth:alice:example.org:${one}`)).toBe("00020000");
    expect(await ask(`check:alice:example.org:${one}`)).toBe("00020003");
    expect(await ask(`auth:alice:example.org:${other}`)).toBe("00020001");
    expect(check(one)).toBe("refused: revoked");
    await served.stop();
  });

  test("takes all of a user's back, as removeuser does", async () => {
    const before = make("--key", "hs");
    expect(mayfly(["revoke", jid, ...options]).status).toBe(0);
    expect(check(before)).toBe("refused: revoked");
    expect(check(make())).toBe("refused: revoked");
  });

  test("and mayfly explain only looks: a credential for one login is still good", () => {
    const once = join(folder, "once.yml");
    const rest = `store: "lmdb:once"\nhosts: { "*": { single_use: true } }\n`;
    writeFileSync(once, `keys: [{id: a, secret: north}]\n${rest}`);
    const password = make();
    for (let round = 0; round < 2; round++) {
      const { stdout } = mayfly(["explain", password, "--jid", jid, "--config", once]);
      expect(stdout).toContain("accepted, key a");
    }
    const use = () => mayfly(["verify", jid, password, "--config", once]).stdout;
    expect(use()).toContain("accepted: key a");
    expect(use()).toBe("refused: already-used\n");
  });

  test.each([
    [["--config", config, jid], "to revoke needs a store"],
    [[...options], "name a JID, or a credential"],
    [[...options, jid, "--credential", "x"], "name a JID, or a credential"],
    [[...options, "--credential", "nonsense"], "that is no credential"],
    [[...options, "Alice@example.org"], 'write "alice@example.org"'],
  ])("ends with exit 2 for %j", (wrong, line) => {
    const { status, stderr } = mayfly(["revoke", ...wrong]);
    expect(stderr).toContain(line);
    expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
    expect(status).toBe(2);
  });
});

test.each(["single_use: true", "users: seen"])("%s without a store is a mistake", (policy) => {
  const storeless = join(folder, "storeless.yml");
  writeFileSync(storeless, `keys: [{id: a, secret: north}]\nhosts: { "*": { ${policy} } }\n`);
  const { status, stderr } = mayfly(["mint", "alice@example.org", "--config", storeless]);
  expect(stderr).toMatch(/^mayfly: .*hosts\.\*: .* needs a store, such as lmdb:DIR\n$/);
  expect(status).toBe(2);
});

import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, request } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { mayfly, type Served, startServe } from "../support/cli/run-cli.ts";
import { frame } from "../support/data/frames.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-serve-"));
const config = join(folder, "mayfly.yml");
const path = join(folder, "extauth.sock");
const args = ["--config", config, "--extauth", `unix:${path}`];
const { password } = await mint(
  { jid: "alice@example.org" },
  { keyring: new Keyring([{ id: "a", secret: "the-secret-of-the-north-32-bytes" }]) },
);
const good = `auth:alice:example.org:${password}`;
const bad = `auth:bob:example.org:${password}`;
writeFileSync(config, "keys: [{id: a, secret: the-secret-of-the-north-32-bytes}]\n");

afterAll(() => rmSync(folder, { recursive: true }));

/** A `mayfly serve` that ends with the test, however that ends. */
async function serve(args: string[]): Promise<Served> {
  const served = await startServe(args);
  onTestFinished(() => served.kill("SIGKILL"));
  return served;
}

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
    const served = await serve(args);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    const replies = await Promise.all(
      Array.from({ length: 40 }, () => ask(good, bad, good, "isuser:zoe:example.org")),
    );
    expect(new Set(replies)).toEqual(new Set(["00020001" + "00020000" + "00020001" + "00020001"]));
    expect(await served.stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test("refuses a path that is another once it is normalised, which a proxy's rules do not see", async () => {
    const served = await serve(args);
    const statusOf = async (path: string) => {
      // `fetch` would normalise it by itself.
      const [response] = await once(request(served.url, { path }).end(), "response");
      response.resume();
      return response.statusCode;
    };
    const refused = [
      ...["/credentials/%2e%2e/metrics", "/credentials/../metrics", "/credentials/%2E./metrics"],
      ...["/./metrics", "/credentials/..%2fmetrics/../../metrics", "/credentials\\..\\metrics"],
      ...["/credentials/.%2e/healthz?a=b", "http://x/credentials/%2e%2e/metrics", "//x/../metrics"],
    ];
    for (const path of refused) expect([path, await statusOf(path)]).toEqual([path, 400]);
    const taken = ["/metrics", "/metrics?a=/../b", "http://example.com/metrics", "/healthz"];
    for (const path of taken) expect([path, await statusOf(path)]).toEqual([path, 200]);
    expect(await statusOf("/credentials?username=a%2fb")).toBe(401);
  });

  test("counts what it decides, without a name", async () => {
    const served = await serve(args);
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
    const served = await serve(args);
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
    const killed = await serve(args);
    killed.kill("SIGKILL");
    await killed.stop();
    expect(existsSync(path)).toBe(true);
    const served = await serve(args);
    expect(await ask(good)).toBe("00020001");
    await served.stop();
  });

  test("does not take the socket of a process that lives", async () => {
    const served = await serve(args);
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
      [
        ["--config", config, "--extauth", plain],
        "Write unix:PATH, such as unix:/run/mayfly/extauth.sock",
      ],
      [["--config", config, "--listen", `127.0.0.1:${port}`], "cannot be listened on (EADDRINUSE)"],
      [
        ["--config", config, "--listen", "here"],
        "argument 'here' is invalid. Write a host and a port, such as 127.0.0.1:5380",
      ],
    ] as const) {
      const listen = wrong.some((word) => word === "--listen") ? [] : ["--listen", "127.0.0.1:0"];
      const { status, stderr } = mayfly(["serve", ...listen, ...wrong]);
      expect(stderr).toContain(line);
      expect(status).toBe(2);
    }
    taken.close();
  });
});

describe("mayfly serve over HTTP", () => {
  const web = join(folder, "web.yml");
  const apiKey = "the API key of an app";
  const backend = "the secret of the servers";
  const args = ["--config", web, "--extauth", `unix:${path}`];
  const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });
  const configure = (http: object, rest: object = {}) =>
    writeFileSync(
      web,
      stringify({ keys: [{ id: "a", secret: "the-secret-of-the-north-32-bytes" }], http, ...rest }),
    );
  const usual = { api_keys: [apiKey], backend_secret: backend };

  test("mints, and decides on what it minted", async () => {
    configure({ ...usual, turn_uris: ["turn:turn.example.com"] });
    const served = await serve(args);
    const minted = (query: string) =>
      fetch(`${served.url}/credentials?${query}`, bearer(apiKey)).then((it) => it.json());
    expect(await minted("service=turn&username=x")).toMatchObject({
      uris: ["turn:turn.example.com"],
    });
    const { password, jid } = (await minted("username=zoe@example.org")) as Record<string, string>;
    expect(jid).toBe("zoe@example.org");
    expect(await ask(`auth:zoe:example.org:${password}`)).toBe("00020001");
    const login = new URLSearchParams({ user: "zoe", server: "example.org", pass: password ?? "" });
    const url = `${served.url}/auth/check_password`;
    const checked = await fetch(url, { method: "POST", body: login, ...bearer(backend) });
    expect(await checked.text()).toBe("true");
    expect((await fetch(`${served.url}/nowhere`)).headers.get("content-type")).toBe(
      "application/problem+json",
    );
    await served.stop();
  });

  test("logs and counts what it answers, without any credential", async () => {
    configure(usual);
    const served = await serve(args);
    const query = new URLSearchParams({ username: "zoe@example.org", key: apiKey });
    const { password } = (await (await fetch(`${served.url}/credentials?${query}`)).json()) as {
      password: string;
    };
    await fetch(`${served.url}/credentials?key=guess-of-a-key`, bearer("guess-of-a-token"));
    const pass = encodeURIComponent(password);
    const check = `check_password?user=zoe&server=example.org&pass=${pass}`;
    await fetch(`${served.url}/auth/${check}`, bearer(backend));
    await fetch(`${served.url}/${pass}?${pass}`);
    const counted = await (await fetch(`${served.url}/metrics`)).text();
    await served.stop();

    const lines = served
      .stderr()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ msg }) => msg === "request answered")).toEqual([
      expect.objectContaining({ op: "mint", ok: true, jid: "zoe@example.org", status: 200 }),
      expect.objectContaining({ op: "mint", ok: false, reason: "unauthorized", status: 401 }),
      expect.objectContaining({ op: "check_password", user: "zoe", ok: true, key: "a" }),
      expect.objectContaining({ status: 404 }),
    ]);
    const [, mac = ""] = password.split(":");
    for (const secret of [
      mac,
      encodeURIComponent(mac),
      apiKey,
      backend,
      "guess",
      "the-secret-of-the-north-32-bytes",
    ]) {
      expect(served.stderr()).not.toContain(secret);
      expect(counted).not.toContain(secret);
    }
    expect(counted).toContain('mayfly_minted_total{service="xmpp"} 1');
    expect(counted).toContain(
      'mayfly_requests_total{op="mint",outcome="no",reason="unauthorized",format=""} 1',
    );
    expect(counted).toContain(
      'mayfly_requests_total{op="check_password",outcome="yes",reason="",format="mojoauth"} 1',
    );
    expect(counted).not.toMatch(/zoe|example\.org/);
  });

  test("follows a change of who may ask, and of what goes with it", async () => {
    configure(usual);
    const served = await serve(args);
    const status = async (path: string, secret: string) =>
      (await fetch(`${served.url}${path}`, bearer(secret))).status;
    const mint = "/credentials?username=zoe@example.org";
    const exists = "/auth/user_exists?user=zoe&server=example.org";
    expect([await status(mint, apiKey), await status(exists, backend)]).toEqual([200, 200]);

    const [nextKey, nextBackend] = ["the next API key of theirs", "the next secret of theirs"];
    const origin = "https://app.example.com";
    configure({ api_keys: [nextKey], backend_secret: nextBackend, origins: [origin] });
    served.kill("SIGHUP");
    await until(async () => (await status(mint, nextKey)) === 200);
    expect([await status(mint, apiKey), await status(exists, backend)]).toEqual([401, 401]);
    expect(await status(exists, nextBackend)).toBe(200);
    const allowed = await fetch(`${served.url}/credentials`, { headers: { origin } });
    expect(allowed.headers.get("access-control-allow-origin")).toBe(origin);

    configure({ api_keys: ["short"] });
    served.kill("SIGHUP");
    await until(() => served.stderr().includes("http.api_keys[0] must have at least 16"));
    expect(await status(mint, nextKey)).toBe(200);
    await served.stop();
  });

  test("tells nobody anything where no secret is set", async () => {
    configure({});
    const served = await serve(args);
    for (const route of ["/credentials", "/auth/check_password", "/auth/user_exists"]) {
      for (const secret of ["", "undefined", "the-secret-of-the-north-32-bytes"]) {
        expect((await fetch(`${served.url}${route}`, bearer(secret))).status).toBe(401);
      }
    }
    expect((await fetch(`${served.url}/jitsi/token?room=r`)).status).toBe(404);
    await served.stop();
  });

  test("answers what is under way when it is told to stop, and then ends well", async () => {
    let answer = () => {};
    const directory = createHttpServer((_, response) => {
      answer = () => response.end("true");
    }).listen(0, "127.0.0.1");
    await once(directory, "listening");
    const { port } = directory.address() as { port: number };
    configure(usual, { hosts: { "*": { users: `http://127.0.0.1:${port}/` } } });
    const served = await serve(args);
    await fetch(`${served.url}/healthz`); // leaves a connection that nobody uses

    const asked = once(directory, "request");
    const url = `${served.url}/auth/user_exists?user=zoe&server=example.org`;
    const answered = fetch(url, bearer(backend)).then((it) => it.text());
    await asked;
    const stopped = served.stop();
    await until(() => served.stderr().includes('"shutting down"'));
    await until(() =>
      fetch(served.url)
        .catch(() => true)
        .then((it) => it === true),
    );
    answer();
    expect(await answered).toBe("true");
    expect(await stopped).toBe(0);
    directory.close();
  });

  test("says where it answers, and when other machines can ask", async () => {
    configure(usual);
    const served = await serve(args);
    expect(served.stderr()).toMatch(/"url":"http:\/\/127\.0\.0\.1:\d+","msg":"listening for HTTP"/);
    expect(served.stderr()).not.toContain("other machines");
    await served.stop();
    const open = await serve([...args, "--listen", "0.0.0.0:0"]);
    expect(open.stderr()).toContain("HTTP is reachable from other machines");
    await open.stop();
  });
});

describe("mayfly revoke", () => {
  const stateful = join(folder, "stateful.yml");
  writeFileSync(
    stateful,
    `keys: [{id: a, secret: the-secret-of-the-north-32-bytes}, {id: hs, secret: the-secret-of-the-south-32-bytes, algorithm: HS256}]\nstore: "lmdb:state"\n`,
  );
  const options = ["--config", stateful];
  const jid = "alice@example.org";
  const make = (...more: string[]) =>
    JSON.parse(mayfly(["mint", jid, "--json", ...options, ...more]).stdout).password;
  const check = (text: string) => mayfly(["verify", jid, text, ...options]).stdout.trim();

  test("takes one credential back, for a server that runs as well", async () => {
    const served = await serve(["--config", stateful, "--extauth", `unix:${path}`]);
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

  test("warns of a credential that no key signed, and revokes it", () => {
    const inline = make();
    const token = make("--present", "token");
    const jwt = make("--key", "hs");
    const [header, claims] = jwt.split(".");
    const [, , other] = make("--key", "hs", "--ttl", "30m").split(".");
    const not = "mayfly: warning: no key of";
    const unknown = "mayfly: warning: whether a key of";
    const expected: [password: string, more: string[], warning: string][] = [
      [token, [], ""],
      [jwt, [], ""],
      [inline, ["--jid", jid], ""],
      [inline, [], unknown],
      [inline, ["--jid", "bob@example.org"], not],
      [token.replace("alice", "alicf"), [], not],
      [`${header}.${claims}.${other}`, [], not],
      [`${"A".repeat(27)}=`, ["--username", `9999999999:${jid}`], not],
    ];
    for (const [password, more, warning] of expected) {
      const args = ["revoke", "--credential", "-", ...more, ...options];
      const { status, stdout, stderr } = mayfly(args, { input: password });
      expect({ status, stdout }).toEqual({
        status: 0,
        stdout: expect.stringMatching(/^revoked: it would have expired .*\n$/),
      });
      expect(stderr.slice(0, warning.length || undefined)).toBe(warning);
      if (warning) expect(stderr).toContain(stateful);
    }
  });

  test("takes back what was minted for longer than max_ttl, where that is said", () => {
    const limited = join(folder, "limited.yml");
    const write = (maxTtl: string) =>
      writeFileSync(
        limited,
        `keys: [{id: a, secret: the-secret-of-the-north-32-bytes}]\nstore: "lmdb:limited"\n` +
          `hosts: { "*": { ttl: 1s, max_ttl: ${maxTtl} } }\n`,
      );
    const run = (...args: string[]) => mayfly([...args, "--config", limited]);
    write("24h");
    const { password } = JSON.parse(run("mint", jid, "--ttl", "10h", "--json").stdout);
    write("1h");
    expect(run("revoke", jid, "--longest", "24h").status).toBe(0);
    write("24h"); // as it is for the verifier in the last hour
    expect(run("verify", jid, password).stdout).toBe("refused: revoked\n");
  });

  test("and mayfly explain only looks: a credential for one login is still good", () => {
    const once = join(folder, "once.yml");
    const rest = `store: "lmdb:once"\nhosts: { "*": { single_use: true } }\n`;
    writeFileSync(once, `keys: [{id: a, secret: the-secret-of-the-north-32-bytes}]\n${rest}`);
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
    [["--config", config, jid], "revoking needs a store"],
    [[...options], "give a JID or --credential"],
    [[...options, jid, "--credential", "x"], "give a JID or --credential"],
    [[...options, "--credential", "nonsense"], "is not a credential"],
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
  writeFileSync(
    storeless,
    `keys: [{id: a, secret: the-secret-of-the-north-32-bytes}]\nhosts: { "*": { ${policy} } }\n`,
  );
  const { status, stderr } = mayfly(["mint", "alice@example.org", "--config", storeless]);
  expect(stderr).toMatch(/^mayfly: .*hosts\.\*: .* needs a store, such as lmdb:DIR\n$/);
  expect(status).toBe(2);
});

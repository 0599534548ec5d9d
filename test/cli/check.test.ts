import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { mayflyHere, type Run } from "../support/cli/run-in-process.ts";
import { pemPair } from "../support/data/jwt.ts";
import { freePorts } from "../support/machine/ports.ts";
import { startOidcProvider } from "../support/servers/http/oidc-provider.ts";

const secret = "0123456789abcdef0123456789abcdef";
const keys = [{ id: "a", secret: "file:a.key" }];
let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-check-"));
  path = join(folder, "mayfly.yml");
  writeFileSync(join(folder, "a.key"), secret, { mode: 0o600 });
});
beforeEach(() => chmodSync(folder, 0o700));
afterAll(() => rmSync(folder, { recursive: true }));

/** Checks a configuration with these options. */
function check(config: object, ...args: string[]): Promise<Run> {
  writeFileSync(path, stringify(config), { mode: 0o600 });
  return mayflyHere(["check", "--config", path, ...args]);
}

/** What a run is that warns of one thing. */
const warned = (line: string, served = "every host") => ({
  status: 0,
  stdout: `ok: ${path}: 1 key, ${served}\n`,
  stderr: `mayfly: warning: ${line}\n`,
});

describe("mayfly check", () => {
  test("says what a valid configuration has", async () => {
    const hosts = { "example.com": {}, "*": {} };
    expect(await check({ keys, hosts })).toEqual({
      ...{ status: 0, stderr: "" },
      stdout: `ok: ${path}: 1 key, hosts example.com, *\n`,
    });
    const { stdout } = await check({ keys, hosts }, "--json", "--strict");
    const counts = { keys: 1, issuers: 0, hosts: ["example.com", "*"] };
    expect(JSON.parse(stdout)).toEqual({ source: path, ...counts, problems: [] });
  });

  test.each<[string, object, RegExp]>([
    ["an option that is none", { keys, host: {} }, /mayfly\.yml:4: host is not an option/],
    ["a key that is not there", { keys: [{ id: "a", secret: "file:b" }] }, /secret names .*ENOENT/],
    ["a store of no kind", { keys, store: "mysql:x" }, /must be memory, lmdb:DIR/],
    ["single use without a store", { keys, hosts: { a: { single_use: true } } }, /needs a store/],
  ])("ends with 2 for %s", async (_what, config, line) => {
    const { status, stdout, stderr } = await check(config);
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test("warns of a key that others can read, and with --strict fails", async () => {
    const key = join(folder, "a.key");
    chmodSync(key, 0o644);
    const warning = warned(`key a: other users can access its secret: chmod o= ${key}`);
    expect(await check({ keys })).toEqual(warning);
    expect(await check({ keys }, "--strict")).toEqual({ ...warning, status: 1 });
    chmodSync(key, 0o600);
  });

  test("warns of a secret of the HTTP API that others can read", async () => {
    const file = join(folder, "api.key");
    writeFileSync(file, secret, { mode: 0o604 });
    const line = `other users can access ${file}, a secret of the HTTP API: chmod o= ${file}`;
    expect(await check({ keys, http: { api_keys: ["file:api.key"] } })).toEqual(warned(line));
  });

  test("warns of a folder that every user can write to", async () => {
    chmodSync(folder, 0o707);
    const line = `every user of this machine can write to ${folder}: chmod o-w ${folder}`;
    expect(await check({ keys })).toEqual(warned(line));
  });

  test("warns of a weak key, of none that mints, and of a store that each program has for itself", async () => {
    const config = {
      keys: [{ id: "a", secret: "sixteen bytes or", state: "verify" }],
      hosts: { "example.com": { single_use: true } },
      store: "memory",
    };
    const { status, stderr } = await check(config);
    expect(status).toBe(0);
    expect(stderr.split("\n").map((line) => line.slice(17, 60))).toEqual([
      "key a: its secret is shorter than 32 bytes:",
      "no key is in state mint: create one with ma",
      "hosts.example.com: single_use needs a store",
      "",
    ]);
  });

  test("warns of a feed without a store", async () => {
    const feed = { sockets: ["/run/mayfly/extauth.sock"] };
    const line =
      "feed.sockets is set without a store, so that there is nothing to follow: add store: lmdb:DIR or redis://HOST";
    expect(await check({ keys, feed })).toEqual(warned(line));
    expect((await check({ keys, feed, store: "lmdb:." })).stderr).not.toContain("feed");
  });

  test("warns of a log and a store whose folders are not there", async () => {
    const { status, stderr } = await check({
      ...{ keys, store: "lmdb:nowhere/state", log: { file: "/nowhere/mayfly.log" } },
    });
    expect(status).toBe(0);
    expect(stderr).toContain("log.file /nowhere/mayfly.log cannot be created by this user");
    expect(stderr).toContain(`store ${folder}/nowhere/state cannot be created by this user`);
  });
});

describe("mayfly check --online", () => {
  let provider: Server;
  let origin: string;
  beforeAll(async () => {
    const { publicKey } = pemPair("RS256");
    const { createPublicKey } = await import("node:crypto");
    const jwk = { ...createPublicKey(publicKey).export({ format: "jwk" }), alg: "RS256", kid: "1" };
    provider = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
    await new Promise<void>((done) => provider.listen(0, "127.0.0.1", done));
    origin = `http://127.0.0.1:${(provider.address() as { port: number }).port}`;
  });
  afterAll(() => provider.close());

  const issuer = (jwks: string, algorithm = "RS256") => ({
    ...{ issuer: "https://id.example.com", jwks, algorithms: [algorithm], audience: "example.com" },
  });

  test("finds an issuer that answers", async () => {
    const run = await check({ issuers: [issuer(`${origin}/jwks.json`)] }, "--online");
    expect(run).toEqual({
      ...{ status: 0, stderr: "" },
      stdout: `ok: ${path}: 0 keys, 1 issuer, every host\n`,
    });
  });

  test("ends with 1 for an issuer that does not, and only with --online", async () => {
    const [port] = await freePorts(1);
    const issuers = [issuer(`http://127.0.0.1:${port}/jwks.json`)];
    expect(await check({ issuers })).toMatchObject({ status: 0, stderr: "" });
    const { status, stdout, stderr } = await check({ issuers }, "--online");
    expect(stderr).toMatch(/^mayfly: error: issuer https:\/\/id\.example\.com: the keys at .+\n$/);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });

  test("ends with 1 for an issuer without a key for its algorithms", async () => {
    const { status, stderr } = await check({ issuers: [issuer(origin, "ES256")] }, "--online");
    expect(status).toBe(1);
    expect(stderr).toContain("its jwks has no key for ES256");
  });

  test("asks about a token where tokens are looked up, as the client that it is", async () => {
    const client_secret = "the secret of the one that may ask";
    const client = { client_id: "xmpp", grant_types: [], response_types: [], redirect_uris: [] };
    const idp = await startOidcProvider({ clients: [{ ...client, client_secret }] });
    onTestFinished(() => idp.stop());
    const run = (more: object) =>
      check({ issuers: [{ issuer: idp.issuer, hosts: ["example.com"], ...more }] }, "--online");
    const asking = (it: string) => ({
      ...{ audience: "example.com", introspection: { client_id: "xmpp", client_secret: it } },
    });
    const good = { status: 0, stderr: "" };
    expect(await run(asking(client_secret))).toMatchObject(good);
    expect(await run({ userinfo: true })).toMatchObject(good);
    expect(idp.requests).toEqual(expect.arrayContaining(["/token/introspection", "/me"]));

    const { status, stderr } = await run(asking(secret));
    expect(stderr).toMatch(
      /^mayfly: error: issuer \S+: it does not answer by introspection: .+\n$/,
    );
    expect(stderr).toContain("a client that may ask");
    expect(stderr).not.toContain(secret);
    expect(status).toBe(1);
    idp.intercept = ({ url }, response) => url === "/me" && Boolean(response.end("no JSON"));
    expect((await run({ userinfo: true })).stderr).toMatch(/answer by userinfo: .*JSON/);
  });

  test("ends with 1 for a Redis that does not answer, without its password", async () => {
    const [port] = await freePorts(1);
    const store = `redis://mayfly:${secret}@127.0.0.1:${port}`;
    const { status, stderr } = await check({ keys, store }, "--online", "--json");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const run = await check({ keys, store }, "--online");
    expect(run.stderr).toMatch(/^mayfly: error: the store redis:.*ECONNREFUSED/);
    expect(run.stderr + run.stdout).not.toContain(secret);
  });
});

import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { mayfly } from "../support/cli/run-cli.ts";
import { mayflyHere } from "../support/cli/run-in-process.ts";
import { pemPair, signedToken } from "../support/data/jwt.ts";

const jid = "alice@example.test";
const env = { MAYFLY_SECRET: "the-secret-of-the-north-32-bytes" };
const folder = mkdtempSync(join(tmpdir(), "mayfly-cli-"));
const mintJson = async (...args: string[]) =>
  JSON.parse((await mayflyHere(["mint", jid, "--json", ...args], { env })).stdout);

afterAll(() => rmSync(folder, { recursive: true }));

describe("mayfly mint", () => {
  test("prints a credential for people and, with --json, for programs", () => {
    const { status, stdout, stderr } = mayfly(["mint", jid, "--ttl", "10m"], { env });
    expect(stdout).toMatch(
      /^jid {7}alice@example\.test\nusername {2}alice\npassword {2}\d+:[\w+/]{27}=\nexpires {3}.*Z \(in (10 min|9 min)\)\n$/,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });

    const before = Math.floor(Date.now() / 1000);
    const json = mayfly(["mint", jid, "--json", "--ttl", "90s"], { env });
    const minted = JSON.parse(json.stdout);
    expect(Object.keys(minted)).toEqual(["jid", "username", "password", "ttl", "expires"]);
    expect(minted).toMatchObject({ jid, username: "alice", ttl: 90 });
    expect(minted.expires).toBeGreaterThanOrEqual(before + 90);
    expect(minted.expires).toBeLessThanOrEqual(before + 100);
  });

  test.each(["turn", "sip"])("mints a username for --service %s", async (service) => {
    const { username, password, expires } = await mintJson("--service", service);
    expect(username).toBe(`${expires}:${jid}`);
    expect(password).toMatch(/^[\w+/]{27}=$/);
  });

  test("mints for the name that an app has for a user", () => {
    const named = (...more: string[]) =>
      mayfly(["mint", "--name", "Alice Smith", "--host", "example.test", "--json", ...more], {
        env,
      });
    const minted = JSON.parse(named().stdout);
    expect(minted).toMatchObject({
      username: "alice\\20smith",
      jid: "alice\\20smith@example.test",
    });
    const { password } = minted;
    expect(mayfly(["verify", minted.jid, password], { env }).status).toBe(0);
    expect(named("--exact")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining('write "alice smith"'),
    });
    const all = ["mint", "--name", "José", "--host", "example.test", "--service", "all", "--json"];
    const { xmpp, turn } = JSON.parse(mayfly(all, { env }).stdout);
    expect([xmpp.username, turn.jid]).toEqual(["josé", "josé@example.test"]);
    const hostless = mayfly(["mint", "--name", "Alice"], { env });
    expect([hostless.status, hostless.stderr]).toEqual([2, expect.stringContaining("add --host")]);
  });

  test("mints one credential for every service with --service all", async () => {
    const { xmpp, sip, turn } = await mintJson("--service", "all", "--ttl", "90s");
    const { expires } = xmpp;
    const mac = turn.password;
    expect(mac).toMatch(/^[\w+/]{27}=$/);
    const common = { jid, ttl: 90, expires };
    expect(xmpp).toEqual({ ...common, username: "alice", password: `${expires}:${mac}` });
    expect(turn).toEqual({ ...common, username: `${expires}:${jid}`, password: mac });
    expect(sip).toEqual(turn);

    const { status, stdout } = mayfly(["mint", jid, "--service", "all"], { env });
    const shown =
      /^jid {17}alice@example\.test\nxmpp username {7}alice\nxmpp password {7}(\d+):(\S+)\nsip, turn username {2}(\d+):alice@example\.test\nsip, turn password {2}(\S+)\nexpires {13}.*\n$/.exec(
        stdout,
      );
    expect(shown?.slice(1, 3)).toEqual(shown?.slice(3));
    expect(status).toBe(0);
  });
});

describe("mayfly verify", () => {
  test("accepts what was minted: exit 0", async () => {
    const { password } = await mintJson();
    const { status, stdout } = mayfly(["verify", jid, password], { env });
    expect(stdout).toMatch(/^accepted: key MAYFLY_SECRET, expires .*Z \(in (59 min|1 h)\)\n$/);
    expect(status).toBe(0);
  });

  test("accepts a username with its password: exit 0", async () => {
    const { username, password } = await mintJson("--service", "turn");
    const args = ["verify", jid, password, "--username", username, "--service", "turn"];
    expect(mayfly(args, { env }).status).toBe(0);
  });

  test("reads the password from standard input", async () => {
    const { password, expires } = await mintJson();
    const args = ["verify", jid, "-", "--json"];
    const { status, stdout } = mayfly(args, { env, input: `${password}\n` });
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      user: "alice",
      host: "example.test",
      expiresAt: expires,
      key: "MAYFLY_SECRET",
      format: "mojoauth",
    });
    expect(status).toBe(0);
  });

  test("refuses all else: exit 1 and the reason", async () => {
    const { password } = await mintJson();
    const others = mayfly(["verify", "bob@example.test", password], { env });
    expect(others.stdout).toBe("refused: bad-signature\n");
    expect(others.status).toBe(1);
    const old = "1:sO0S85KVwfqrCA0E/byiPHXgqMQ=";
    const { status, stdout } = mayfly(["verify", jid, old, "--json"], { env });
    expect(JSON.parse(stdout)).toEqual({ ok: false, reason: "bad-signature" });
    expect(status).toBe(1);
  });
});

describe("a mistake ends with exit 2 and one line", () => {
  const bad = join(folder, "bad.yml");
  const keyless = join(folder, "keyless.yml");
  const twice = join(folder, "twice.yml");
  writeFileSync(
    bad,
    "keys:\n  - id: a\n    secret: the-secret-of-the-north-32-bytes\n    algorithm: md5\n",
  );
  writeFileSync(keyless, "keys: [{id: a, secret: 'file:none.key'}]");
  writeFileSync(
    twice,
    "keys: [{id: a, secret: the-secret-of-the-north-32-bytes}, {id: a, secret: the-secret-of-the-south-32-bytes}]",
  );

  test.each([
    ["a bad option in the file", ["--config", bad], `${bad}:4: keys[0].algorithm must be one of`],
    ["a missing key file", ["--config", keyless], `names ${folder}/none.key, which cannot be read`],
    ["an id used twice", ["--config", twice], `${twice}: key a: the id is used twice`],
    ["a missing file", ["--config", "none.yml"], "none.yml: cannot be read (ENOENT)"],
    ["an unknown flag", ["--bogus"], "unknown option '--bogus'"],
    ["a flag nearly right", ["--servce", "turn"], "Did you mean --service?"],
    ["a bad duration", ["--ttl", "soon"], "Write 90s, 10m or 24h"],
    ["too long a life", ["--ttl", "25h"], "ttl 90000 s is out of range"],
    ["an unknown service", ["--service", "smtp"], "Allowed choices are xmpp, sip, turn"],
    ["an unknown key", ["--key", "south"], "no key with id south"],
    ["a JWT for all", ["--service", "all", "--format", "jwt"], "no JWT serves xmpp, sip, turn"],
    ["an unknown key for all", ["--service", "all", "--key", "x"], "no key with id x serves xmpp"],
    ["all, but not for XMPP", ["--service", "all", "--present", "username"], "not presented as"],
    ["an extra argument", ["bob@example.test"], "too many arguments"],
    ["a JID and a name", ["--name", "Bob", "--host", "example.test"], "leave one of them out"],
    ["a host without a name", ["--host", "example.test"], "--host goes with --name"],
    ["a name to be exact, and none", ["--exact"], "--exact goes with --name"],
  ])("mint: %s", async (_, args, line) => {
    const { status, stdout, stderr } = await mayflyHere(["mint", jid, ...args], { env });
    expect(stderr).toContain(line);
    expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test.each([
    ["a bad option in the file", [jid, "x", "--config", bad], "keys[0].algorithm must be one of"],
    ["a missing key file", [jid, "x", "--config", keyless], "which cannot be read"],
    ["an unknown flag", [jid, "x", "--bogus"], "unknown option '--bogus'"],
    ["a missing password", [jid], "missing required argument 'password'"],
    ["a JID that is none", ["alice", "x"], "is not a bare JID"],
    ["a JID that a server would change", ["Alice@example.test", "x"], `write "${jid}"`],
  ])("verify: %s", async (_, args, line) => {
    const { status, stdout, stderr } = await mayflyHere(["verify", ...args], { env });
    expect(stderr).toContain(line);
    expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test("an unknown flag, without what was given to it: it may be a secret", () => {
    for (const args of [
      ["mint", jid, "--sceret=hunter2"],
      ["--sceret=hunter2", "mint", jid],
    ]) {
      const { status, stdout, stderr } = mayfly(args, { env });
      expect(stderr).toContain("unknown option '--sceret'");
      expect(stdout + stderr).not.toContain("hunter2");
      expect(status).toBe(2);
    }
  });

  test("no configuration at all", () => {
    const { status, stderr } = mayfly(["mint", jid], { cwd: folder });
    expect(stderr).toContain("no configuration: write mayfly.yml");
    expect(status).toBe(2);
  });

  test("an unknown command", () => {
    const { status, stderr } = mayfly(["minnt", jid], { env });
    expect(stderr).toContain("Did you mean mint?");
    expect(status).toBe(2);
  });
});

test("no command prints the help and exits 2; --help and --version exit 0", () => {
  const none = mayfly([]);
  expect(none.stderr).toContain("Usage: mayfly");
  expect(none.status).toBe(2);
  const help = mayfly(["--help"]);
  expect(help.stdout).toContain("Exit status: 0");
  expect(help.status).toBe(0);
  expect(mayfly(["--version"]).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

describe("a keyring of every kind", () => {
  const config = join(folder, "all.yml");
  const set = join(folder, "set.json");
  writeFileSync(
    config,
    `keys:
  - { id: mac, secret: the-secret-of-the-north-32-bytes }
  - { id: hs, secret: "a secret for JWTs, of 32 bytes at least", algorithm: HS256, issuer: 12345 }
issuers:
  - { issuer: them, jwks: "file:set.json", algorithms: [ES256], audience: example.test }
`,
  );
  const { publicKey, privateKey } = pemPair("ES256");
  const jwk = createPublicKey(publicKey).export({ format: "jwk" });
  writeFileSync(set, JSON.stringify({ keys: [jwk] }));
  const args = ["--config", config];
  const make = async (...more: string[]) =>
    JSON.parse((await mayflyHere(["mint", jid, "--json", ...args, ...more])).stdout);
  const check = (password: string, ...more: string[]) =>
    mayfly(["verify", jid, "-", ...args, ...more], { input: password }).stdout;

  test.each([
    ["inline", [], "mac"],
    ["token", ["--present", "token"], "mac"],
    ["JWT", ["--format", "jwt"], "hs"],
    ["JWT by its key", ["--key", "hs"], "hs"],
  ])("mints and verifies: %s", async (_, how, key) => {
    expect(check((await make(...how)).password)).toMatch(new RegExp(`^accepted: key ${key}, `));
  });

  test("mints and verifies what is presented with an authzid", async () => {
    const { username, password, authzid } = await make("--present", "authzid");
    expect(authzid).toBe(jid);
    expect(check(password, "--username", username)).toMatch(/^accepted: key mac, /);
  });

  test.each(["opentok", "jitsi"])("mints and verifies the %s profile", async (profile) => {
    const { password } = await make("--profile", profile, "--ttl", "5m");
    expect(check(password, "--profile", profile)).toMatch(/^accepted: key hs, /);
    expect(check(password)).toMatch(/^refused: /);
  });

  test("says in a jitsi token what it is told of the user", async () => {
    const { password } = await make(
      ...[
        "--profile",
        "jitsi",
        "--ttl",
        "5m",
        "--subject",
        "acme",
        "--display-name",
        "Alice Smith",
      ],
      ...["--email", "alice@example.com", "--avatar", "https://a.example/alice.png"],
      ...["--moderator", "--feature", "recording", "--feature", "livestreaming"],
    );
    const claims = JSON.parse(Buffer.from(password.split(".")[1] ?? "", "base64url").toString());
    expect(claims).toMatchObject({
      sub: "acme",
      moderator: true,
      context: {
        user: {
          name: "Alice Smith",
          email: "alice@example.com",
          avatar: "https://a.example/alice.png",
          moderator: "true",
        },
        features: { recording: "true", livestreaming: "true" },
      },
    });
  });

  test("verifies an issuer's JWT", async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: "them", sub: "alice", aud: "example.test", exp: now + 60 };
    const token = await signedToken(createPrivateKey(privateKey), { alg: "ES256" }, claims);
    expect(check(token)).toMatch(/^accepted: key them, /);
  });

  test("mints for all services with the first key that serves them all", () => {
    const several = join(folder, "several.yml");
    const secret = "the-secret-of-the-north-32-bytes";
    const keys = [
      { id: "sha256", secret, algorithm: "sha256" },
      { id: "jwt", secret: "a secret for JWTs, of 32 bytes at least", algorithm: "HS256" },
      { id: "xmpp-only", secret: `${secret}, XMPP`, services: ["xmpp"] },
      { id: "elsewhere", secret: `${secret}, elsewhere`, hosts: ["other.test"] },
      { id: "retired", secret: `${secret}, retired`, state: "verify" },
      { id: "fit", secret: "the-secret-of-the-south-32-bytes" },
    ];
    writeFileSync(several, stringify({ keys }));
    const mintAll = (...more: string[]) =>
      mayfly(["mint", jid, "--service", "all", "--json", "--config", several, ...more]);
    const { xmpp, turn } = JSON.parse(mintAll().stdout);
    const checked = (password: string, ...more: string[]) =>
      mayfly(["verify", jid, "-", "--config", several, ...more], { input: password }).stdout;
    expect(checked(xmpp.password)).toMatch(/^accepted: key fit, /);
    expect(checked(turn.password, "--username", turn.username, "--service", "turn")).toMatch(
      /^accepted: key fit, /,
    );
    for (const { id } of keys.slice(0, -1)) {
      expect(mintAll("--key", id)).toMatchObject({ status: 2, stdout: "" });
    }
  });

  test("names two keys with one secret, and does not show it", () => {
    const one = join(folder, "one-secret.yml");
    const secret = "the-secret-of-the-north-32-bytes";
    writeFileSync(
      one,
      stringify({
        keys: [
          { id: "a", secret },
          { id: "b", secret, state: "off" },
        ],
      }),
    );
    const { status, stderr } = mayfly(["mint", jid, "--config", one]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${one}: key b: its secret is that of key a`);
    expect(stderr).not.toContain(secret);
  });

  test("mints for any id, or for nobody, where that is enough", () => {
    const matrix = mayfly(["mint", "@alice:example.test", "--service", "turn", "--json", ...args]);
    expect(JSON.parse(matrix.stdout).username).toMatch(/^\d+:@alice:example\.test$/);
    const nobody = mayfly(["mint", "--service", "turn", "--json", ...args]);
    expect(JSON.parse(nobody.stdout)).toEqual({
      username: expect.stringMatching(/^\d+$/),
      password: expect.any(String),
      ttl: 3600,
      expires: expect.any(Number),
    });
  });

  test.each([
    ["a short text", "fifteen bytes .", "sha1", "key a: the secret is shorter than 16 bytes"],
    ["a PEM for an HMAC", privateKey, "sha1", "key a: the secret is a PEM or JWK"],
    ["text for a signature", "north", "RS256", "key a: the secret is not a PEM or JWK"],
    ["a public key to mint with", publicKey, "ES256", "key a: a public key cannot mint"],
  ])("cannot be of %s", (_, secret, algorithm, line) => {
    const wrong = join(folder, "wrong.yml");
    writeFileSync(wrong, stringify({ keys: [{ id: "a", secret, algorithm }] }));
    const { status, stderr } = mayfly(["mint", jid, "--config", wrong]);
    expect(stderr).toContain(line);
    expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
    expect(status).toBe(2);
  });
});

import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Surroundings } from "../support/cli/run-cli.ts";
import { mayflyHere } from "../support/cli/run-in-process.ts";

const secret = "0123456789abcdef0123456789abcdef";
const month = () => new Date().toISOString().slice(0, 7);
let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "mayfly-keys-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const path = (name: string) => join(folder, name);
const read = (name: string) => fs.readFileSync(path(name), "utf8");
const write = (name: string, text: string, mode = 0o600) => {
  fs.writeFileSync(path(name), text, { mode });
};
const modeOf = (name: string) => (fs.statSync(path(name)).mode & 0o7777).toString(8);
const mayfly = (args: string[], around: Surroundings = {}) =>
  mayflyHere(args, { cwd: folder, ...around });

/** Runs `mayfly keys` in the folder; it must not say anything that is in a secret's file there. */
async function keys(args: string[], around: Surroundings = {}) {
  const { status, stdout, stderr } = await mayfly(["keys", ...args], around);
  const files = fs.readdirSync(folder).filter((name) => name.endsWith(".key"));
  const secrets = [secret, ...files.flatMap((name) => read(name).match(/[^\n-]{32,}/g) ?? [])];
  for (const it of secrets) expect(stdout + stderr).not.toContain(it);
  return { status, stdout, stderr };
}

/** Runs a command that is refused: exit 2, one line, and the folder as it was. */
async function refused(args: string[], around: Surroundings = {}): Promise<string> {
  const before = contents();
  const { status, stdout, stderr } = await keys(args, around);
  expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(contents()).toEqual(before);
  return stderr;
}

function contents(): Record<string, string> {
  const names = fs.readdirSync(folder, { withFileTypes: true });
  return Object.fromEntries(
    names.filter((it) => it.isFile()).map(({ name }) => [name, read(name)]),
  );
}

/** The password that is minted in the folder, and whether it is accepted there. */
const mint = async () => (await mayfly(["mint", "alice@example.org", "--json"])).stdout;
const accepts = async (minted: string) =>
  (await mayfly(["verify", "alice@example.org", JSON.parse(minted).password])).status === 0;

describe("keys are changed", () => {
  test("from the first to the next: add, add, retire, remove", async () => {
    expect(await keys(["add", "old"])).toEqual({
      status: 0,
      stdout:
        "added key old to mayfly.yml, wrote its secret to old.key\n" +
        "mayfly extauth and mayfly serve reload by themselves; then restart the programs that mint\n",
      stderr: "",
    });
    const first = await mint();
    expect((await keys(["add", "new"])).stdout).toBe(
      "added key new to mayfly.yml, wrote its secret to new.key\n" +
        "mayfly extauth and mayfly serve reload by themselves; then restart the programs that mint; " +
        "once all of them use it: mayfly keys retire old\n",
    );
    const second = await mint();
    expect([await accepts(first), await accepts(second)]).toEqual([true, true]);

    expect(await keys(["retire", "old"])).toEqual({
      status: 0,
      stdout:
        "key old now only verifies; restart the programs that mint\n" +
        "once the last credential it signed has expired: mayfly keys remove old\n",
      stderr: "",
    });
    expect([await accepts(first), await accepts(await mint())]).toEqual([true, true]);

    expect(await keys(["remove", "old"])).toEqual({
      status: 0,
      stdout:
        "removed key old from mayfly.yml; mayfly extauth and mayfly serve reload by themselves\n" +
        "its secret is left for you to delete: old.key\n",
      stderr: "",
    });
    expect([await accepts(first), await accepts(second)]).toEqual([false, true]);
    expect(Object.keys(contents())).toEqual(["mayfly.yml", "new.key", "old.key"]);
  });

  test("in the file that is named, or else that the environment names", async () => {
    fs.mkdirSync(path("etc"));
    const env = { MAYFLY_CONFIG: path("etc/env.yml") };
    expect((await keys(["add", "a", "--config", path("etc/named.yml")], { env })).status).toBe(0);
    expect((await keys(["add", "b"], { env })).stdout).toContain(path("etc/b.key"));
    expect(fs.readdirSync(path("etc"))).toEqual(["a.key", "b.key", "env.yml", "named.yml"]);
    expect((await mayfly(["mint", "alice@example.org"], { env })).status).toBe(0);
  });
});

describe("mayfly keys add", () => {
  test("writes the key and its file for their owner alone, whatever the umask", async () => {
    const umask = process.umask(0);
    await keys(["add"]);
    process.umask(umask);
    const file = `${month()}.key`;
    expect(read(file)).toMatch(/^[\w+/]{43}=\n$/);
    expect([modeOf("mayfly.yml"), modeOf(file)]).toEqual(["600", "600"]);
  });

  test("numbers the keys of a month, and passes over the secrets of those removed", async () => {
    for (const _ of "123") await keys(["add"]);
    await keys(["remove", `${month()}-2`]);
    await keys(["add"]);
    const ids = JSON.parse((await keys(["list", "--json"])).stdout).map(
      ({ id }: { id: string }) => id,
    );
    expect(ids).toEqual(["-4", "-3", ""].map((end) => month() + end));
  });

  test("makes as many bytes as the hash is long, at least 32", async () => {
    const lengths = { sha1: 32, sha256: 32, sha384: 48, sha512: 64, HS512: 64 };
    for (const [algorithm, length] of Object.entries(lengths)) {
      await keys(["add", algorithm, "--algorithm", algorithm]);
      expect(Buffer.from(read(`${algorithm}.key`), "base64")).toHaveLength(length);
    }
  });

  test.each([
    ["RS256", "rsa", { modulusLength: 2048 }],
    ["PS512", "rsa", { modulusLength: 2048 }],
    ["ES256", "ec", { namedCurve: "prime256v1" }],
    ["ES384", "ec", { namedCurve: "secp384r1" }],
    ["ES512", "ec", { namedCurve: "secp521r1" }],
    ["EdDSA", "ed25519", {}],
  ])("makes a pair for %s that mints and verifies", async (algorithm, type, details) => {
    const { stdout } = await keys(["add", "a", "--algorithm", algorithm]);
    expect(stdout).toContain("wrote its secret to a.key, its public key to a.pub.pem\n");
    const pair = createPrivateKey(read("a.key"));
    expect(read("a.key")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(pair.asymmetricKeyType).toBe(type);
    expect(pair.asymmetricKeyDetails).toMatchObject(details);
    expect(createPublicKey(read("a.pub.pem")).equals(createPublicKey(pair))).toBe(true);
    expect([modeOf("a.key"), modeOf("a.pub.pem")]).toEqual(["600", "644"]);
    expect(await accepts(await mint())).toBe(true);
  });

  test("keeps a key to hosts and services, and one that shall not mint yet from it", async () => {
    write("mayfly.yml", `keys: [{id: old, secret: ${secret}, services: [sip]}]`);
    const limits = ["--host", "a.example", "--host", "b.example", "--service", "sip"];
    expect((await keys(["add", "new", "--state", "verify", ...limits])).stdout).toContain(
      "restart the programs that mint, and set its state to mint\n",
    );
    const limited = "hosts: [a.example, b.example], services: [sip]";
    expect(read("mayfly.yml")).toBe(
      `keys: [{ id: new, secret: file:new.key, algorithm: sha1, state: verify, ${limited} }, ` +
        `{id: old, secret: ${secret}, services: [sip]}]`,
    );
  });

  test("names none to retire that it cannot stand in for", async () => {
    write("mayfly.yml", `keys: [{id: old, secret: ${secret}, services: [sip]}]`);
    expect((await keys(["add", "a", "--service", "xmpp"])).stdout).not.toContain("retire");
    expect((await keys(["add", "b", "--algorithm", "HS256"])).stdout).not.toContain("retire");
    expect((await keys(["add", "c"])).stdout).toContain("retire a\n");
  });

  test("says that $MAYFLY_SECRET is not used any more", async () => {
    const env = { MAYFLY_SECRET: secret };
    const { status, stderr } = await keys(["add"], { env });
    expect(stderr).toBe(
      "mayfly: warning: mayfly.yml now exists, so $MAYFLY_SECRET is no longer used\n",
    );
    expect(status).toBe(0);
    expect((await keys(["add"], { env })).stderr).toBe("");
  });
});

describe("a secret on standard input", () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = ec.privateKey.export({ type: "sec1", format: "pem" }).toString();
  const publicPem = ec.publicKey.export({ type: "spki", format: "pem" }).toString();
  const jwk = JSON.stringify(ec.privateKey.export({ format: "jwk" }));
  const add = ["add", "a", "--secret", "-"];

  test.each([`${secret}\n`, secret, `${secret}\r\n`, ` ${secret} \n\n`])(
    "is kept: %j",
    async (input) => {
      expect((await keys(add, { input })).status).toBe(0);
      expect(read("a.key")).toBe(input);
      expect(modeOf("a.key")).toBe("600");
      expect(await accepts(await mint())).toBe(true);
    },
  );

  test.each([
    ["PEM", pem],
    ["JWK", jwk],
  ])("is kept as a %s, with its public half beside it", async (_, input) => {
    expect((await keys([...add, "--algorithm", "ES256"], { input })).status).toBe(0);
    expect(read("a.key")).toBe(input);
    expect(read("a.pub.pem")).toBe(publicPem);
    expect(await accepts(await mint())).toBe(true);
  });

  test("is kept where it is public, to verify", async () => {
    const verify = ["--algorithm", "ES256", "--state", "verify"];
    expect((await keys([...add, ...verify], { input: publicPem })).status).toBe(0);
    expect(Object.keys(contents())).toEqual(["a.key", "mayfly.yml"]);
  });

  test.each([
    ["nothing", "", "sha1", "the secret is empty"],
    ["31 bytes", `${secret.slice(1)}\n`, "sha1", "shorter than 32 bytes"],
    ["31 bytes for a JWT", `${secret.slice(1)}\n`, "HS256", "shorter than 32 bytes"],
    ["a private PEM for an HMAC", pem, "sha1", "is a PEM or JWK"],
    ["a public PEM for an HMAC", publicPem, "HS256", "is a PEM or JWK"],
    ["a JWK for an HMAC", jwk, "HS256", "is a PEM or JWK"],
    ["a JWK set for an HMAC", `{"keys":[${jwk}]}`, "sha256", "is a PEM or JWK"],
    ["text for a pair", secret, "ES256", "is not a PEM or JWK"],
    ["a key of another kind", pem, "RS256", "is a key for prime256v1, not for RS256"],
    ["a public key to mint with", publicPem, "ES256", "a public key cannot mint"],
  ])("is refused where it is %s", async (_, input, algorithm, line) => {
    const stderr = await refused([...add, "--algorithm", algorithm], { input });
    expect(stderr).toContain(line);
    for (const it of input.split("\n").filter((it) => it.length > 3 && !it.startsWith("--"))) {
      expect(stderr).not.toContain(it);
    }
  });

  test("is read for nothing else: not for a key that is taken, not as an argument", async () => {
    write("mayfly.yml", `keys: [{id: a, secret: ${secret}}]`);
    expect(await refused(add, { input: secret })).toContain("mayfly.yml: the id a is in use");
    expect(await refused(["add", "b", "--secret", secret])).toContain("--secret takes only -");
    expect(await refused(["add", "b", `--secret=${secret}`])).toContain("--secret takes only -");
    expect(await refused(["add", "b", "--secret"])).toContain("argument missing");
    expect(await refused(["add", `${secret}=`])).toContain("the id may hold");
  });
});

describe("nothing is overwritten or left behind", () => {
  const one = `keys:\n  - id: a\n    secret: ${secret}\n`;

  test.each(["b.key", "b.pub.pem"])("by a key whose %s is there", async (name) => {
    write("mayfly.yml", one);
    write(name, "mine");
    expect(await refused(["add", "b", "--algorithm", "EdDSA"])).toContain(
      `${name}: already exists`,
    );
  });

  test("by a key that the file cannot take", async () => {
    write("mayfly.yml", `? keys\n: - {id: a, secret: ${secret}}\n`);
    expect(await refused(["add", "b", "--algorithm", "EdDSA"])).toContain("edit it by hand");
    write("mayfly.yml", `keys: [{id: a, secret: "${secret}]`);
    expect(await refused(["add"])).toContain("mayfly.yml:1:58: is not valid YAML (MISSING_CHAR)");
    write("mayfly.yml", "hosts: {}");
    expect(await refused(["add"])).toContain("mayfly.yml:1: keys is missing");
  });

  test("by a key for a file in no folder", async () => {
    expect(await refused(["add", "--config", "none/mayfly.yml"])).toContain(
      "cannot be written (ENOENT)",
    );
  });

  test.each([
    ["an id in use", ["add", "a"], "the id a is in use"],
    ["an id with a slash", ["add", "../b"], "the id may hold"],
    ["an id that is hidden", ["add", ".b"], "the id may hold"],
    ["an empty id", ["add", ""], "the id may hold"],
    ["a host that is none", ["add", "--host", "A.example"], "Write a host in lower case"],
    ["a service that is none", ["add", "--service", "smtp"], "Allowed choices are xmpp, sip, turn"],
    ["a service that knows it not", ["add", "--service", "turn", "--algorithm", "sha256"], "turn"],
    ["an algorithm that is none", ["add", "--algorithm", "md5"], "Allowed choices are sha1"],
    ["a state that is none", ["add", "--state", "off"], "Allowed choices are mint, verify"],
    ["a key to retire that is not there", ["retire", "b"], 'mayfly.yml: no key has the id "b"'],
    ["a key to remove that is not there", ["remove", "b"], 'mayfly.yml: no key has the id "b"'],
    ["the only key to remove", ["remove", "a"], "mayfly.yml: a is the only key"],
    ["an unknown command", ["lsit"], "Did you mean list?"],
    ["a file that is not there", ["list", "--config", "none.yml"], "none.yml: cannot be read"],
    ["a file to retire in", ["retire", "a", "--config", "none.yml"], "none.yml: cannot be read"],
  ])("by %s", async (_, args, line) => {
    write("mayfly.yml", one);
    expect(await refused(args)).toContain(line);
  });

  test("where there is no configuration", async () => {
    const env = { MAYFLY_SECRET: secret };
    for (const args of [["list"], ["retire", "a"], ["remove", "a"]]) {
      expect(await refused(args, { env })).toContain("no configuration: mayfly keys add writes");
    }
  });
});

describe("mayfly keys list", () => {
  const yaml = `
keys:
  - { id: one, secret: ${secret}, algorithm: ES256, state: "off" }
  - { id: second, secret: file:second.key, hosts: [a.example, b.example], services: [sip] }
  - { id: third, secret: env:THIRD, state: verify }
`;

  test("shows the keys for people and, with --json, for programs", async () => {
    write("mayfly.yml", yaml);
    write("second.key", secret, 0o640);
    expect(await keys(["list"])).toEqual({
      status: 0,
      stdout: `id      state   algorithm  hosts                services  secret
one     off     ES256      all                  all       inline
second  mint    sha1       a.example,b.example  sip       file:second.key
third   verify  sha1       all                  all       env:THIRD
`,
      stderr: "",
    });
    expect(JSON.parse((await keys(["list", "--json"])).stdout)).toEqual([
      { id: "one", state: "off", algorithm: "ES256", secret: "inline" },
      {
        ...{ id: "second", state: "mint", algorithm: "sha1" },
        ...{ hosts: ["a.example", "b.example"], services: ["sip"], secret: "file:second.key" },
      },
      { id: "third", state: "verify", algorithm: "sha1", secret: "env:THIRD" },
    ]);
  });

  test("warns of secrets that are short, and shows none", async () => {
    write("a.key", "fifteen bytes ..\n", 0o600);
    const entries = [
      "{id: a, secret: file:a.key}",
      "{id: b, secret: fifteen-letters}",
      "{id: c, secret: allowed, allow_short: true, algorithm: HS256}",
      `{id: d, secret: ${secret}}`,
    ];
    write("mayfly.yml", `keys: [${entries.join(", ")}]`, 0o600);
    const { stdout, stderr } = await keys(["list"]);
    const fix = "mayfly keys add makes one that is long";
    expect(stderr).toBe(
      `mayfly: warning: key a: its secret is shorter than 32 bytes: ${fix}\n` +
        `mayfly: warning: key b: its secret is shorter than 32 bytes: ${fix}\n` +
        `mayfly: warning: key c: its secret is shorter than 32 bytes, which HS256 demands: ${fix}\n`,
    );
    expect(stdout + stderr).not.toMatch(/fifteen|allowed/);
  });

  test("warns of secrets that others can get at, or nobody", async () => {
    write("mayfly.yml", yaml);
    fs.chmodSync(path("mayfly.yml"), 0o604);
    expect(await keys(["list"])).toMatchObject({
      status: 0,
      stderr:
        "mayfly: warning: key one: other users can access its secret: chmod o= mayfly.yml\n" +
        "mayfly: warning: key second: its secret second.key cannot be read (ENOENT)\n",
    });
    fs.chmodSync(path("mayfly.yml"), 0o640);
    write("second.key", secret);
    fs.chmodSync(path("second.key"), 0o644);
    expect((await keys(["list"])).stderr).toBe(
      "mayfly: warning: key second: other users can access its secret: chmod o= second.key\n",
    );
  });

  test("does not warn of public keys, and warns where no key mints", async () => {
    await keys(["add", "a", "--algorithm", "EdDSA"]);
    await keys(["add", "b", "--algorithm", "EdDSA", "--state", "verify", "--secret", "-"], {
      input: read("a.pub.pem"),
    });
    fs.chmodSync(path("b.key"), 0o644);
    expect((await keys(["list"])).stderr).toBe("");
    const noMint =
      "mayfly: warning: no key is in state mint, so nothing can be minted: create one with mayfly keys add\n";
    expect(await keys(["retire", "a"])).toMatchObject({ status: 0, stderr: noMint });
    expect((await keys(["list"])).stderr).toBe(noMint);
    fs.chmodSync(path("a.key"), 0o604);
    expect((await keys(["list"])).stderr).toContain("key a: other users can access its secret");
  });
});

describe("mayfly keys retire", () => {
  test.each(["verify", "off"])("leaves a key in state %s as it is", async (state) => {
    const yaml = `keys: [{id: a, secret: ${secret}, state: "${state}"}]`;
    write("mayfly.yml", yaml);
    expect(await keys(["retire", "a"])).toEqual({
      status: 0,
      stdout: `key a is in state ${state} already: nothing to do\n`,
      stderr: "",
    });
    expect(read("mayfly.yml")).toBe(yaml);
  });
});

describe("mayfly keys remove", () => {
  test("says what is left of the secret", async () => {
    const entries = [
      `{id: inline, secret: ${secret}}`,
      "{id: env, secret: env:HERE}",
      "{id: gone, secret: file:gone.key}",
      "{id: first, secret: file:both.key}",
      "{id: second, secret: file:both.key}",
    ];
    write("mayfly.yml", `keys: [${entries.join(", ")}, {id: pair, secret: file:pair.key}]`);
    for (const name of ["both.key", "pair.key", "pair.pub.pem"]) write(name, secret);
    const left = async (id: string) => (await keys(["remove", id])).stdout.split("\n")[1];
    expect(await left("inline")).toBe("its secret was inline, and is removed with it");
    expect(await left("env")).toBe("its secret is still in $HERE");
    expect(await left("gone")).toBe("its secret was in gone.key, which does not exist");
    expect(await left("first")).toBe("key second uses the same secret: keep both.key");
    expect(await left("pair")).toBe("its secret is left for you to delete: pair.key pair.pub.pem");
    expect(read("mayfly.yml")).toBe("keys: [{id: second, secret: file:both.key}]");
    expect(Object.keys(contents())).toEqual(["both.key", "mayfly.yml", "pair.key", "pair.pub.pem"]);
  });
});

test("mayfly keys alone prints the help and exits 2", async () => {
  const { status, stderr } = await mayfly(["keys"]);
  expect(stderr).toContain("Usage: mayfly keys");
  expect(status).toBe(2);
});

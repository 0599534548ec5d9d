import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Config, isConfigured, loadConfig } from "../../src/config/index.ts";
import { publicAlgorithms } from "../../src/credential/index.ts";
import { MayflyError } from "../../src/error.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-config-"));
const file = join(folder, "mayfly.yml");
const secret = "s3cret-that-no-error-may-show";

afterAll(() => rmSync(folder, { recursive: true }));

function load(yaml: string, env: NodeJS.ProcessEnv = {}): Config {
  writeFileSync(file, yaml);
  return loadConfig(file, env);
}

/** The error for a file, without the folder. */
function complaint(yaml: string, env: NodeJS.ProcessEnv = {}): string {
  try {
    load(yaml, env);
  } catch (error) {
    expect(error).toBeInstanceOf(MayflyError);
    return (error as Error).message.replaceAll(`${folder}/`, "");
  }
  throw new Error("the file was accepted");
}

describe("a configuration", () => {
  test("has keys, issuers and the policies of hosts", () => {
    writeFileSync(join(folder, "set.json"), '{"keys":[]}');
    const yaml = `
keys:
  - { id: new, secret: ${secret}, algorithm: sha256, state: mint, hosts: [a.example], services: [xmpp] }
  - id: old
    secret: "text with\\n"
    state: verify
    allow_short: true
  - { id: tok, secret: ${secret}, algorithm: HS256, issuer: 12345 }
issuers:
  - issuer: https://id.example.com
    jwks: https://id.example.com/jwks.json
    algorithms: [RS256]
    audience: example.com
    user: email
  - { issuer: local, jwks: "file:set.json", algorithms: [EdDSA], audience: a, hosts: [b.example] }
hosts:
  example.com: { ttl: 10m, max_ttl: 1h, leeway: 5s, formats: [jwt], host_bound: false, users: none }
  "*": { single_use: true, users: "https://app.example.com/users" }
store: "lmdb:state"
log: { level: warn, file: extauth.log }
http: { listen: "127.0.0.1:1" }
`;
    expect(load(yaml)).toEqual({
      source: file,
      keys: [
        {
          id: "new",
          secret,
          algorithm: "sha256",
          state: "mint",
          hosts: ["a.example"],
          services: ["xmpp"],
        },
        { id: "old", secret: "text with\n", state: "verify", allowShort: true },
        { id: "tok", secret, algorithm: "HS256", issuer: 12345 },
      ],
      writtenAt: new Map(),
      issuers: [
        {
          issuer: "https://id.example.com",
          jwks: new URL("https://id.example.com/jwks.json"),
          algorithms: ["RS256"],
          audience: "example.com",
          user: "email",
        },
        {
          issuer: "local",
          jwks: { keys: [] },
          algorithms: ["EdDSA"],
          audience: "a",
          hosts: ["b.example"],
        },
      ],
      hosts: {
        "example.com": {
          ttl: 600,
          maxTtl: 3600,
          leeway: 5,
          formats: ["jwt"],
          hostBound: false,
          users: "none",
        },
        "*": { singleUse: true, users: "https://app.example.com/users" },
      },
      store: `lmdb:${folder}/state`,
      log: { level: "warn", file: `${folder}/extauth.log` },
      http: { listen: "127.0.0.1:1" },
    });
  });

  test("takes secrets from files beside it, without the newline at their end, and from the environment", () => {
    writeFileSync(join(folder, "a.key"), `${secret}\n`);
    writeFileSync(join(folder, "b.key"), `${secret}\n\r\n`);
    const yaml =
      "keys: [{id: a, secret: 'file:a.key'}, {id: b, secret: 'file:b.key'}, {id: c, secret: 'env:C'}]";
    const secrets = load(yaml, { C: "south" }).keys.map((key) => Buffer.from(key.secret as string));
    expect(secrets.map(String)).toEqual([secret, `${secret}\n`, "south"]);
  });

  test("is $MAYFLY_SECRET alone where there is no file", () => {
    const config = loadConfig(undefined, { MAYFLY_SECRET: "north" });
    expect(config).toEqual({
      source: "MAYFLY_SECRET",
      keys: [{ id: "MAYFLY_SECRET", secret: "north" }],
      writtenAt: new Map(),
      issuers: [],
    });
  });

  test("names the files that it depends on, there or not", () => {
    const touched: string[] = [];
    writeFileSync(file, "keys: [{id: a, secret: 'file:none.key'}, {id: b, secret: north}]");
    expect(() => loadConfig(file, {}, (path) => touched.push(path))).toThrow(MayflyError);
    expect(touched).toEqual([file, join(folder, "none.key")]);
  });

  test("is the file that $MAYFLY_CONFIG names, unless another is asked for", () => {
    writeFileSync(file, "keys: [{id: a, secret: north}]");
    const env = { MAYFLY_CONFIG: file, MAYFLY_SECRET: "south" };
    expect(loadConfig(undefined, env).source).toBe(file);
    expect(() => loadConfig(join(folder, "missing.yml"), env)).toThrow("cannot be read (ENOENT)");
  });

  test("takes a variable that is empty for one that is not set", () => {
    const env = { MAYFLY_CONFIG: "", MAYFLY_SECRET: "north" };
    expect(loadConfig(undefined, env).source).toBe("MAYFLY_SECRET");
    expect(isConfigured(undefined, { MAYFLY_CONFIG: "", MAYFLY_SECRET: "" })).toBe(false);
    expect(complaint("keys: [{id: a, secret: 'env:A'}]", { A: "" })).toContain(
      "names the environment variable A, which is not set",
    );
  });

  test("has no keys where there are issuers: their tokens alone log in", () => {
    const { keys, issuers } = load(
      "issuers: [{issuer: a, jwks: 'https://a', algorithms: [RS256], audience: a}]",
    );
    expect({ keys, issuers: issuers.length }).toEqual({ keys: [], issuers: 1 });
  });

  test("needs no more of an issuer than its URL", () => {
    const { issuers } = load("issuers: [{issuer: 'https://id.example.com'}]");
    expect(issuers).toEqual([{ issuer: "https://id.example.com", algorithms: publicAlgorithms }]);
  });

  test("has the client that asks an issuer about tokens, and watches the file of its secret", () => {
    writeFileSync(join(folder, "client.key"), "of the client\n");
    const issuer = "{issuer: 'https://id.example.com', hosts: [example.com]";
    const asking = "client_id: xmpp, client_secret: 'file:client.key'";
    const { issuers, issuerSecretFiles } = load(
      `issuers: [${issuer}, require: {groups: [chat, staff], email_verified: true}, introspection: {${asking}}}]`,
    );
    expect(issuerSecretFiles).toEqual([join(folder, "client.key")]);
    expect(issuers).toMatchObject([
      {
        require: { groups: ["chat", "staff"], email_verified: true },
        introspection: { clientId: "xmpp", clientSecret: Buffer.from("of the client") },
      },
    ]);
  });

  test("is missing where there is neither", () => {
    expect(() => loadConfig(undefined, {})).toThrow("set MAYFLY_SECRET");
    expect(() => loadConfig(undefined, { MAYFLY_SECRET: "" })).toThrow(MayflyError);
  });
});

describe("a mistake is named by file, line and option", () => {
  test.each([
    ["keys: []", "mayfly.yml:1: keys must hold at least one key"],
    ["hosts: {}", "mayfly.yml:1: keys is missing"],
    ["hosts: {}\nissuers: []", "mayfly.yml:1: keys is missing"],
    ["hosts: {}\nissuers: 1", "mayfly.yml:2: issuers must be a list"],
    ["", "mayfly.yml:1: the file must be options such as keys: and hosts:"],
    ["keys:\n  - id: a", "mayfly.yml:2: keys[0].secret is missing"],
    [
      "keys:\n  - id: a\n    secret: 1234",
      "mayfly.yml:3: keys[0].secret must be text (put numbers in quotes)",
    ],
    ["keys:\n  - id: a\n    secret: ''", "mayfly.yml:3: keys[0].secret must not be empty"],
    [
      `keys:\n  - id: a\n    secret: ${secret}\n    algorithm: md5`,
      "mayfly.yml:4: keys[0].algorithm must be one of sha1, sha256, sha384, sha512, HS256",
    ],
    [
      `keys: [{id: a, secret: ${secret}, colour: red}]`,
      "mayfly.yml:1: keys[0].colour is not an option",
    ],
    [
      `keys: [{id: a, secret: ${secret}}]\nhosts:\n  example.com:\n    ttl: soon`,
      "mayfly.yml:4: hosts.example.com.ttl must be a duration such as 90s, 10m or 24h",
    ],
    [
      `keys: [{id: a, secret: ${secret}}]\nhosts:\n  example.com:\n    leeway: 61s`,
      "mayfly.yml:4: hosts.example.com.leeway must be at most 60s",
    ],
    [
      `keys: [{id: a, secret: ${secret}}]\nhosts: {"*": {},\n  Example.com: {}}`,
      "mayfly.yml:3: hosts.Example.com must be written example.com",
    ],
    [
      `keys: [{id: a, secret: ${secret}, hosts: [EXAMPLE.com]}]`,
      "keys[0].hosts[0] must be written example.com",
    ],
    [
      `issuers: [{issuer: a, jwks: 'https://a', algorithms: [RS256], audience: a, hosts: [example.com.]}]`,
      "issuers[0].hosts[0] must be written example.com",
    ],
    [
      `issuers: [{issuer: a, jwks: 'https://a', algorithms: [RS256], audience: a, name: before-at}]`,
      "issuers[0] must have domains: with name: before-at, and only then",
    ],
    [
      `issuers: [{issuer: a, jwks: 'https://a', algorithms: [RS256], audience: a, domains: [a.b]}]`,
      "issuers[0] must have domains: with name: before-at, and only then",
    ],
    [
      `issuers: [{issuer: a, jwks: 'https://a', algorithms: [RS256], audience: a, name: upper}]`,
      "issuers[0].name must be one of exact, prepared, before-at, escaped",
    ],
    [
      `issuers: [{issuer: a, jwks: 'https://a', algorithms: [RS256], audience: a, name: before-at, domains: [Corp.com]}]`,
      "issuers[0].domains[0] must be written corp.com",
    ],
    ...[
      ["issuer: a", "must have jwks:, or an https: URL as issuer:"],
      [
        "issuer: 'https://a', userinfo: true, introspection: {client_id: a, client_secret: b}, hosts: [a.b]",
        "must have introspection: or userinfo:, not both",
      ],
      ["issuer: 'https://a', userinfo: true", "must have hosts: with introspection: or userinfo:"],
      [
        "issuer: 'https://a', introspection: {client_id: a, client_secret: b}",
        "must have hosts: with introspection: or userinfo:",
      ],
      [
        "issuer: 'https://a', userinfo: true, hosts: [a.b], audience: a",
        "must not have audience: with userinfo:",
      ],
      ["issuer: 'https://a', require: {azp: a}", "must have hosts: or audience: where require:"],
    ].map(([issuer, problem]) => [`issuers: [{${issuer}}]`, `issuers[0] ${problem}`]),
    [
      "issuers: [{issuer: 'https://a', require: {groups: []}}]",
      "issuers[0].require.groups must name at least one value",
    ],
    [
      "issuers: [{issuer: 'https://a', hosts: [a.b], introspection: {client_id: a, client_secret: 'env:NONE'}}]",
      "issuers[0].introspection.client_secret names the environment variable NONE, which is not set",
    ],
    [
      "issuers: [{issuer: 'https://a', hosts: [a.b], introspection: {client_id: a, client_secret: b, endpoint: c}}]",
      "issuers[0].introspection.endpoint must be a URL",
    ],
    [
      "keys: [{id: a, secret: 'env:A'}]",
      "keys[0].secret names the environment variable A, which is not set",
    ],
    [
      "keys: [{id: a, secret: 'file:none.key'}]",
      "keys[0].secret names none.key, which cannot be read (ENOENT)",
    ],
    [`keys: [{id: a, secret: *${secret}}]`, "alias (*name) without an anchor (&name)"],
    [`keys: [{id: a, secret: !${secret} x}]`, "is not valid YAML (TAG_RESOLVE_FAILED)"],
    [`keys:\n  - id: a\n   secret: ${secret}`, "mayfly.yml:3:1: is not valid YAML"],
    [`keys: [{id: a, secret: "${secret}]`, "is not valid YAML (MISSING_CHAR)"],
    [`keys: [{id: a, secret: ${secret}, secret: b}]`, "is not valid YAML (DUPLICATE_KEY)"],
    [
      `keys: [{id: a, secret: ${secret}}]\nissuers: [{issuer: a, jwks: 'ftp://a', algorithms: [RS256], audience: a}]`,
      "mayfly.yml:2: issuers[0].jwks must be an https: URL or file:PATH",
    ],
    [
      `keys: [{id: a, secret: ${secret}}]\nissuers: [{issuer: a, jwks: 'https://a', algorithms: [HS256], audience: a}]`,
      "issuers[0].algorithms[0] must be one of RS256, ",
    ],
    [
      `keys: [{id: a, secret: ${secret}}]\nissuers: [{issuer: a, jwks: 'https://a', algorithms: [], audience: a}]`,
      "issuers[0].algorithms must name at least one algorithm",
    ],
    [
      `keys: [{id: a, secret: ${secret}}]\nissuers: [{issuer: a, jwks: 'file:mayfly.yml', algorithms: [RS256], audience: a}]`,
      "mayfly.yml:2: issuers[0].jwks names mayfly.yml, which is not JSON",
    ],
    [`keys: {id: a, secret: ${secret}}`, "mayfly.yml:1: keys must be a list"],
    [`keys: [${secret}]`, "mayfly.yml:1: keys[0] must be a key with an id and a secret"],
  ])("%j", (yaml, line) => {
    expect(complaint(yaml)).toContain(line);
    expect(complaint(yaml)).not.toContain(secret);
    expect(complaint(yaml)).not.toContain("\n");
  });

  test("also where a secret's file is empty", () => {
    writeFileSync(join(folder, "empty.key"), "\n");
    expect(complaint("keys: [{id: a, secret: 'file:empty.key'}]")).toContain(
      "empty.key, which is empty",
    );
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type HttpConfig, loadConfig } from "../../src/config/index.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-http-config-"));
const file = join(folder, "mayfly.yml");
const secret = "s3cret-that-no-error-may-show";

afterAll(() => rmSync(folder, { recursive: true }));

function load(http: string, touched?: (path: string) => void): HttpConfig | undefined {
  writeFileSync(
    file,
    `keys: [{id: a, secret: north}]\nhttp:\n  ${http.replaceAll("\n", "\n  ")}\n`,
  );
  return loadConfig(file, { MAYFLY_API_KEY: `${secret} of an app` }, touched).http;
}

test("says who may ask, and for what", () => {
  writeFileSync(join(folder, "backend.key"), `${secret}\n`);
  const touched: string[] = [];
  const yaml = `listen: 127.0.0.1:1
api_keys: [env:MAYFLY_API_KEY, ${secret}]
backend_secret: file:backend.key
origins: [https://app.example.com, "http://localhost:8080"]
turn_uris: ["turn:turn.example.com:3478?transport=udp", "stun:turn.example.com"]
jitsi:
  origins: [https://meet.example.com]
  key: meet
  audience: jitsi
  subject: meet.example.com
  token: fragment
  claims:
    name: name
    moderator: { claim: realm_access.roles, has: [staff, 1, true] }
    features: { recording: { claim: recorder, has: ["yes"] } }
guests:
  host: example.com
  ttl: 5m
  per_minute: 3
  services: [xmpp, turn]
  proxies: [10.0.0.0/8]
trusted_header:
  name: Remote-User
  proxies: [127.0.0.1/32, "::1"]
  host: example.com
  domains: [corp.com]
sign_in:
  issuer: https://id.example.com
  client_id: mayfly
  client_secret: file:backend.key
  url: https://chat.example.com/mayfly
  host: example.com
  scope: openid profile
  user: email
  name: before-at
  domains: [corp.com]
  require: { groups: chat }
  max_age: 8h
chat:
  service: wss://example.com:5443/ws
  converse: dist`;
  expect(load(yaml, (path) => touched.push(path))).toEqual({
    listen: "127.0.0.1:1",
    apiKeys: [`${secret} of an app`, secret],
    backendSecret: Buffer.from(secret),
    origins: ["https://app.example.com", "http://localhost:8080"],
    turnUris: ["turn:turn.example.com:3478?transport=udp", "stun:turn.example.com"],
    jitsi: {
      origins: ["https://meet.example.com"],
      key: "meet",
      audience: "jitsi",
      subject: "meet.example.com",
      token: "fragment",
      claims: {
        name: "name",
        moderator: { claim: "realm_access.roles", has: ["staff", 1, true] },
        features: { recording: { claim: "recorder", has: ["yes"] } },
      },
    },
    guests: {
      host: "example.com",
      ttl: 300,
      perMinute: 3,
      services: ["xmpp", "turn"],
      proxies: ["10.0.0.0/8"],
    },
    trustedHeader: {
      name: "Remote-User",
      proxies: ["127.0.0.1/32", "::1"],
      host: "example.com",
      domains: ["corp.com"],
    },
    signIn: {
      issuer: "https://id.example.com",
      clientId: "mayfly",
      clientSecret: Buffer.from(secret),
      url: "https://chat.example.com/mayfly",
      host: "example.com",
      scope: "openid profile",
      user: "email",
      name: "before-at",
      domains: ["corp.com"],
      require: { groups: "chat" },
      maxAge: 28_800,
    },
    chat: { service: "wss://example.com:5443/ws", converse: join(folder, "dist") },
  });
  expect(touched).toContain(join(folder, "backend.key"));
});

test.each([
  ["api_keys: [short]", "http.api_keys[0] must have at least 16 characters"],
  ["api_keys: ['']", "http.api_keys[0] must not be empty"],
  [
    "api_keys: [env:NONE]",
    "http.api_keys[0] names the environment variable NONE, which is not set",
  ],
  [`api_keys: ${secret}`, "http.api_keys must be a list"],
  ["backend_secret: ''", "http.backend_secret must not be empty"],
  ["backend_secret: file:none.key", "http.backend_secret names"],
  ["origins: ['*']", "http.origins[0] must be an origin such as https://app.example.com"],
  ["origins: [https://app.example.com/]", "http.origins[0] must be an origin"],
  ["origins: [app.example.com]", "http.origins[0] must be an origin"],
  ["origins: ['https://*.example.com']", "http.origins[0] must be an origin"],
  ["origins: ['javascript:1']", "http.origins[0] must be an origin"],
  [
    "turn_uris: [turn.example.com]",
    "http.turn_uris[0] must be a URI such as turn:turn.example.com",
  ],
  ["guests: {}", "http.guests.host is missing"],
  ["guests: { host: Example.com }", "http.guests.host must be written example.com"],
  ["guests: { host: example.com, ttl: 2h }", "http.guests.ttl must be at most 3600s"],
  ["guests: { host: example.com, per_minute: 0 }", "http.guests.per_minute must be at least 1"],
  ["guests: { host: example.com, proxies: [here] }", "must be an address or a network"],
  ["jitsi: {}", "http.jitsi.origins is missing"],
  [
    "jitsi: { origins: [https://a.example], claims: { moderator: groups } }",
    "http.jitsi.claims.moderator must be { claim: NAME, has: [VALUE] }",
  ],
  [
    "jitsi: { origins: [https://a.example], claims: { moderator: { claim: groups, has: [] } } }",
    "http.jitsi.claims.moderator.has must name at least one value",
  ],
  ["jitsi: { origins: [] }", "http.jitsi.origins must name at least one origin"],
  ["jitsi: { origins: [https://a.example], token: url }", "must be one of query, fragment"],
  ["trusted_header: {}", "http.trusted_header.name is missing"],
  [
    "trusted_header: { name: Remote_User, proxies: [127.0.0.1], host: example.com }",
    "http.trusted_header.name must be the name of a header, such as Remote-User",
  ],
  ...["0.0.0.0/0", "::/0", "127.0.0.1/33", "127.0.0.1/", "localhost", "10.0.0/8"].map((network) => [
    `trusted_header: { name: Remote-User, proxies: ['${network}'], host: example.com }`,
    "http.trusted_header.proxies[0] must be an address or a network such as 127.0.0.1/32",
  ]),
  [
    "trusted_header: { name: Remote-User, proxies: [], host: example.com }",
    "http.trusted_header.proxies must name at least one proxy",
  ],
  ["chat: {}", "http.chat.service is missing"],
  ...["https://example.com/ws", "ws://example.com/ws", "example.com"].map((service) => [
    `chat: { service: "${service}" }`,
    "http.chat.service must be a wss: URL, such as wss://chat.example.com/ws",
  ]),
  ["sign_in: {}", "http.sign_in.issuer is missing"],
  ...Object.entries({
    "issuer: http://id.example.com": "issuer must be an https: URL, without a query",
    "issuer: id.example.com": "issuer must be an https: URL, without a query",
    "url: http://chat.example.com": "url must be an https: URL, without a query",
    "url: https://chat.example.com/?a=b": "url must be an https: URL, without a query",
    "url: https://a:b@chat.example.com": "url must be an https: URL, without a query",
    "client_secret: short": "client_secret must have at least 16 characters",
    "scope: profile email": "scope must contain openid, such as openid profile",
    "name: before-at": "must have domains: with name: before-at, and only then",
    "host: Example.com": "host must be written example.com",
    "max_age: soon": "max_age must be a duration such as 90s, 10m or 24h",
  }).map(([line, problem]) => {
    const usual = {
      issuer: "https://id.example.com",
      client_id: "a",
      client_secret: "the secret of a client",
      url: "https://chat.example.com",
      host: "example.com",
    };
    const [, name = "", value = ""] = /^(\w+): (.*)$/.exec(line) ?? [];
    const space = problem.startsWith("must") ? " " : ".";
    return [
      `sign_in: ${JSON.stringify({ ...usual, [name]: value })}`,
      `http.sign_in${space}${problem}`,
    ];
  }),
  ["colour: red", "http.colour is not an option"],
  [secret, "http must be options such as listen:"],
])("a mistake is named: %s", (http, line) => {
  expect(() => load(http)).toThrow(`mayfly.yml:`);
  expect(() => load(http)).toThrow(line);
  expect(() => load(http)).not.toThrow(secret);
});

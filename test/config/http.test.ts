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
  token: fragment`;
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
    },
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
  ["jitsi: {}", "http.jitsi.origins is missing"],
  ["jitsi: { origins: [] }", "http.jitsi.origins must name at least one origin"],
  ["jitsi: { origins: [https://a.example], token: url }", "must be one of query, fragment"],
  ["colour: red", "http.colour is not an option"],
  [secret, "http must be options such as listen:"],
])("a mistake is named: %s", (http, line) => {
  expect(() => load(http)).toThrow(`mayfly.yml:`);
  expect(() => load(http)).toThrow(line);
  expect(() => load(http)).not.toThrow(secret);
});

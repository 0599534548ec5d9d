import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { readEjabberd } from "../../src/doctor/index.ts";
import { findingsOf } from "../support/doctor.ts";

const sample = readFileSync(new URL("../../ejabberd/ejabberd.yml", import.meta.url), "utf8");
const root = { name: "root", uid: 0, gid: 0, groups: [0], home: "/root" };
const node = process.execPath;

/** What is said about the sample with other lines in it. */
function read(change: (settings: ReturnType<typeof parse>) => void = () => {}) {
  const settings = parse(sample);
  settings.extauth_program = `${node} extauth`;
  change(settings);
  return readEjabberd(stringify(settings), "ejabberd.yml", "example.org", root);
}

test("the sample is without a mistake", () => {
  expect(read()).toEqual({ findings: [], oauth: false });
});

test("a mistake is told with its line", () => {
  const text = sample.replace("auth_use_cache: false", "auth_use_cache: true");
  const { findings } = readEjabberd(text, "/etc/ejabberd/ejabberd.yml", "example.org", root);
  const line = text.split("\n").indexOf("auth_use_cache: true") + 1;
  const [finding] = findings.filter(({ code }) => code === "auth-cache");
  expect(finding?.where).toBe(`/etc/ejabberd/ejabberd.yml:${line}`);
});

const planted: Record<string, [change: Parameters<typeof read>[0], finds: string[]]> = {
  "auth_use_cache left out": [
    (it) => delete it.auth_use_cache,
    ["error auth-cache: auth_use_cache: false"],
  ],
  "auth_use_cache on for the host alone": [
    (it) => (it.host_config = { "example.org": { auth_use_cache: true } }),
    ["error auth-cache: auth_use_cache: false"],
  ],
  "use_cache: false does as well": [
    (it) => {
      delete it.auth_use_cache;
      it.use_cache = false;
    },
    [],
  ],
  "extauth_cache, which has no effect": [
    (it) => (it.extauth_cache = 0),
    ["warning deprecated-option: auth_use_cache: false, and no extauth_cache:"],
  ],
  "extauth_instances, of long ago": [
    (it) => (it.extauth_instances = 3),
    ["warning deprecated-option: extauth_pool_size: 2, and no extauth_instances:"],
  ],
  "X-OAUTH2 on offer": [
    (it) => delete it.disable_sasl_mechanisms,
    ['error x-oauth2-offered: disable_sasl_mechanisms: ["X-OAUTH2"]'],
  ],
  "X-OAUTH2 on offer, on purpose": [
    (it) => {
      delete it.disable_sasl_mechanisms;
      it.oauth_db_type = "rest";
    },
    [],
  ],
  "a macro": [
    (it) => {
      it.define_macro = { CACHE: true };
      it.auth_use_cache = "CACHE";
    },
    ["error auth-cache: auth_use_cache: false"],
  ],
  "no TLS": [
    (it) => delete it.listen[0].starttls_required,
    ["error plain-without-tls: starttls_required: true at the ejabberd_c2s listener"],
  ],
  "no TLS, behind a proxy": [
    (it) => {
      delete it.listen[0].starttls_required;
      it.listen[0].ip = "127.0.0.1";
    },
    [],
  ],
  "a WebSocket without TLS": [
    (it) => delete it.listen[1].tls,
    ["error plain-without-tls: tls: true at the ejabberd_http listener"],
  ],
  "no max_stanza_size": [
    (it) => delete it.listen[0].max_stanza_size,
    ["error stanza-limit: max_stanza_size: 65536 at the ejabberd_c2s listener"],
  ],
  "MQTT without max_payload_size": [
    (it) => it.listen.push({ port: 1883, module: "mod_mqtt" }),
    ["error stanza-limit: max_payload_size: 65000 at the mod_mqtt listener"],
  ],
  "another method beside ours": [
    (it) => (it.auth_method = ["external", "internal"]),
    ["warning auth-method: auth_method: [external]"],
  ],
  "another method in the place of ours": [
    (it) => (it.auth_method = "internal"),
    ["error auth-method: auth_method: [external]"],
  ],
  "a host that is not there": [
    (it) => (it.hosts = ["example.com"]),
    ["error host: hosts: [example.org]"],
  ],
  "no program": [
    (it) => delete it.extauth_program,
    ['error program: extauth_program: "/usr/bin/mayfly extauth'],
  ],
  "a program that is sought in vain": [
    (it) => (it.extauth_program = "no-such-program extauth"),
    ["error program: write the whole path of no-such-program"],
  ],
  "a program that nobody may execute": [
    (it) => (it.extauth_program = "/etc/passwd"),
    ["error program: chmod a+x /etc/passwd"],
  ],
  "an assignment before the program": [
    (it) => (it.extauth_program = `NODE_ENV=production ${node} extauth`),
    ["error program: /usr/bin/env NODE_ENV=… PROGRAM"],
  ],
  "a pool that takes all memory": [
    (it) => (it.extauth_pool_size = 64),
    ["warning pool-size: extauth_pool_size: 2"],
  ],
  "as many relays": [
    (it) => {
      it.extauth_program = "/bin/sh -c 'exec socat STDIO UNIX-CONNECT:/run/mayfly/extauth.sock'";
      it.extauth_pool_size = 64;
    },
    [],
  ],
  mod_register: [
    (it) => (it.modules.mod_register = {}),
    ["warning mod-register: leave mod_register out"],
  ],
  mod_auth_fast: [
    (it) => (it.modules.mod_auth_fast = {}),
    ["warning fast-outlives: leave mod_auth_fast out"],
  ],
  "a log of all": [(it) => (it.loglevel = "debug"), ["warning debug-log: loglevel: info"]],
};

test.each(Object.entries(planted))("%s", (_, [change, finds]) => {
  expect(findingsOf(read(change))).toEqual(finds.map((it) => expect.stringContaining(it)));
});

test("a file that is no YAML", () => {
  const { findings } = readEjabberd("hosts: [", "ejabberd.yml", "example.org", root);
  expect(findings).toMatchObject([{ code: "config", severity: "error" }]);
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { readEjabberd, standAlone } from "../../../src/doctor/index.ts";
import { type KeyInput, Keyring } from "../../../src/keyring/index.ts";
import { defaultPolicy, type Policy } from "../../../src/policy.ts";
import { findingsOf } from "../../support/cli/doctor.ts";

const sample = readFileSync(new URL("../../../ejabberd/ejabberd.yml", import.meta.url), "utf8");
const oauth = parse(readFileSync(new URL("../../../ejabberd/oauth.yml", import.meta.url), "utf8"));
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
  expect(read()).toEqual({ findings: [], oauth: false, limitsFast: false, isStandAlone: false });
});

describe("ejabberd that verifies by itself", () => {
  const native = parse(
    readFileSync(new URL("../../../ejabberd/ejabberd-native.yml", import.meta.url), "utf8"),
  );
  const told = (change: object) => {
    const text = stringify({ ...native, ...change });
    const { findings, isStandAlone } = readEjabberd(text, "ejabberd.yml", "example.org", root);
    return { isStandAlone, findings: findings.map(({ code, what }) => `${code}: ${what}`) };
  };

  test("is without a mistake, in the sample and with a socket, whatever the cache", () => {
    expect(told({})).toEqual({ isStandAlone: true, findings: [] });
    const modules = { mod_mayfly: { socket: "/run/mayfly/extauth.sock" } };
    expect(told({ modules, auth_use_cache: true })).toEqual({ isStandAlone: false, findings: [] });
  });

  test.each([
    [{ modules: {} }, "module: mod_mayfly is not among the modules"],
    [{ modules: { mod_mayfly: {} } }, "module: mod_mayfly has neither socket: nor secret_files:"],
    [
      { modules: { mod_mayfly: { socket: "/run/x", secret_files: ["y"] } } },
      "module: mod_mayfly has both socket: and secret_files:",
    ],
    [
      { auth_method: ["mayfly", "internal"] },
      "auth-method: auth_method: has internal beside mayfly",
    ],
  ])("is told of %j", (change, finding) => {
    expect(told(change).findings).toEqual([finding]);
  });

  test("needs no limit of its listeners", () => {
    const [c2s, ...rest] = native.listen;
    const mqtt = { port: 8883, module: "mod_mqtt", tls: true };
    const listen = [{ ...c2s, max_stanza_size: undefined }, ...rest, mqtt];
    expect(told({ listen }).findings).toEqual([]);
  });
});

describe("a server that verifies by itself", () => {
  const mac = { id: "mac", secret: "a secret that is long enough to be one" };
  const wanted = (keys: KeyInput[], policy: Partial<Policy>, hasStore: boolean) =>
    standAlone(
      { keyring: new Keyring(keys), policy: { ...defaultPolicy, ...policy }, hasStore },
      "ejabberd",
      "mayfly.yml",
    ).map(({ code, what }) => `${code}: ${what}`);

  test("does all that MACs alone need", () => {
    expect(wanted([mac], {}, false)).toEqual([]);
  });

  test("takes no JWT, and knows neither what is revoked nor what is used up", () => {
    const jwt = { ...mac, id: "jwt", algorithm: "HS256" } as const;
    expect(wanted([mac, jwt], { singleUse: true }, true)).toEqual([
      "stand-alone: the server verifies by itself, and accepts no JWT, does not see revocations, accepts a credential more than once",
    ]);
  });
});

test("a mistake is told with its line", () => {
  const text = sample.replace("auth_use_cache: false", "auth_use_cache: true");
  const { findings } = readEjabberd(text, "/etc/ejabberd/ejabberd.yml", "example.org", root);
  const line = text.split("\n").indexOf("auth_use_cache: true") + 1;
  const [finding] = findings.filter(({ code }) => code === "auth-cache");
  expect(finding?.where).toBe(`/etc/ejabberd/ejabberd.yml:${line}`);
});

const plain = "error plain-without-tls: tls: true at the ejabberd_http listener";

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
    (it) => {
      delete it.listen[0].max_stanza_size;
      it.modules = { mod_mayfly_guard: {} }; // mod_mayfly limits logins itself
    },
    ["error stanza-limit: max_stanza_size: 65536 at the ejabberd_c2s listener"],
  ],
  "MQTT without max_payload_size": [
    (it) => it.listen.push({ port: 8883, module: "mod_mqtt", tls: true }),
    ["error stanza-limit: max_payload_size: 65000 at the mod_mqtt listener"],
  ],
  "MQTT without TLS, as Debian has it": [
    (it) => it.listen.push({ port: 1883, module: "mod_mqtt", ip: "::", max_payload_size: 65_000 }),
    ["error plain-without-tls: tls: true at the mod_mqtt listener, or take it out"],
  ],
  "MQTT without TLS, on loopback": [
    (it) =>
      it.listen.push({
        ...{ port: 1883, module: "mod_mqtt", ip: "127.0.0.1", max_payload_size: 65_000 },
      }),
    [],
  ],
  "MQTT over WebSocket, OAuth, the API and the admin's pages without TLS": [
    (it) => {
      const handlers = {
        ...{ "/mqtt": "mod_mqtt", "/oauth": "ejabberd_oauth" },
        ...{ "/api": "mod_http_api", "/admin": "ejabberd_web_admin" },
      };
      for (const [index, [path, module]] of Object.entries(handlers).entries()) {
        const request_handlers = { [path]: module };
        it.listen.push({ port: 5280 + index, module: "ejabberd_http", request_handlers });
      }
      it.listen.push({
        ...{ port: 5290, module: "ejabberd_http", ip: "127.0.0.1", request_handlers: handlers },
      });
    },
    [plain, 'error stanza-limit: ip: "127.0.0.1" at', ...Array(3).fill(plain)],
  ],
  "what takes no secret without TLS": [
    (it) =>
      it.listen.push({
        ...{ port: 5280, module: "ejabberd_http" },
        request_handlers: { "/.well-known/acme-challenge": "ejabberd_acme" },
      }),
    [],
  ],
  "mod_fail2ban, and no proxy known, if there is one": [
    (it) => {
      it.modules.mod_fail2ban = {};
      delete it.trusted_proxies;
    },
    ['warning fail2ban: trusted_proxies: ["127.0.0.1", "::1"]'],
  ],
  "mod_fail2ban behind a proxy that is not known": [
    (it) => {
      it.modules.mod_fail2ban = {};
      it.listen[1].ip = "127.0.0.1";
      it.trusted_proxies = ["192.0.2.7"];
    },
    ['error fail2ban: trusted_proxies: ["127.0.0.1", "::1"]'],
  ],
  "mod_fail2ban behind a proxy for TCP that tells no address": [
    (it) => {
      it.modules.mod_fail2ban = {};
      it.listen[0].ip = "127.0.0.1";
    },
    ["error fail2ban: use_proxy_protocol: true at the ejabberd_c2s listener"],
  ],
  "mod_fail2ban behind proxies that are known": [
    (it) => {
      it.modules.mod_fail2ban = {};
      Object.assign(it.listen[0], { ip: "127.0.0.1", use_proxy_protocol: true });
      it.listen[1].ip = "127.0.0.1";
    },
    [],
  ],
  "a WebSocket without the guard": [
    (it) => delete it.modules.mod_mayfly,
    ["error stanza-limit: mod_mayfly: {} under modules:"],
  ],
  "a WebSocket without the guard, behind a proxy": [
    (it) => {
      delete it.modules.mod_mayfly;
      it.listen[1].ip = "127.0.0.1";
    },
    [],
  ],
  "mod_fail2ban with a rule of whom it spares": [
    (it) => {
      it.modules.mod_fail2ban = { access: "proxies" };
      it.trusted_proxies = [];
    },
    [],
  ],
  "a proxy that is not known": [
    (it) => {
      delete it.trusted_proxies;
      it.listen[1].ip = "127.0.0.1";
    },
    ['warning trusted-proxies: trusted_proxies: ["127.0.0.1", "::1"]'],
  ],
  "anybody for a proxy": [
    (it) => (it.trusted_proxies = "all"),
    ['warning trusted-proxies: trusted_proxies: ["127.0.0.1", "::1"]'],
  ],
  "anybody for a proxy, and mod_fail2ban": [
    (it) => {
      it.modules.mod_fail2ban = {};
      it.trusted_proxies = ["0.0.0.0/0"];
    },
    ['error trusted-proxies: trusted_proxies: ["127.0.0.1", "::1"]'],
  ],
  "OAuth for everybody": [
    (it) => (it.listen[1].request_handlers["/oauth"] = "ejabberd_oauth"),
    ['error stanza-limit: ip: "127.0.0.1" at the ejabberd_http listener, with a proxy'],
  ],
  "OAuth as its sample has it": [
    (it) => {
      it.listen.push(...oauth.listen);
      Object.assign(it, { ...oauth, listen: it.listen, modules: it.modules });
    },
    [],
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
    ["error program: write the absolute path of no-such-program"],
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
  "mod_auth_fast, limited": [
    (it) => {
      it.modules.mod_auth_fast = {};
      it.modules.mod_mayfly = { end_fast_at_expiry: true };
    },
    [],
  ],
  "a log of all": [(it) => (it.loglevel = "debug"), ["warning debug-log: loglevel: info"]],
};

test.each(Object.entries(planted))("%s", (_, [change, finds]) => {
  expect(findingsOf(read(change))).toEqual(finds.map((it) => expect.stringContaining(it)));
});

test("says whether tokens of FAST end with their credential", () => {
  const limits = [{}, { end_fast_at_expiry: false }, { end_fast_at_expiry: true }];
  const said = limits.map((it) => read(({ modules }) => (modules.mod_mayfly = it)).limitsFast);
  expect(said).toEqual([false, false, true]);
});

test("a file that is no YAML", () => {
  const { findings } = readEjabberd("hosts: [", "ejabberd.yml", "example.org", root);
  expect(findings).toMatchObject([{ code: "config", severity: "error" }]);
});

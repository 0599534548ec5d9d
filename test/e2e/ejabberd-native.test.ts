import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint as mintWith } from "../../src/mint/index.ts";
import { Policies } from "../../src/policy.ts";
import { rawOutcome, saslOutcome } from "../support/clients/raw-login.ts";
import { sasl2Outcome } from "../support/clients/sasl/sasl2.ts";
import { c2sOutcome } from "../support/clients/tcp-login.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { everyBitFlipped } from "../support/data/bit-flips.ts";
import { versionOf } from "../support/machine/debian.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { apiAccess, runCommand } from "../support/servers/ejabberd-api.ts";
import { installModMayfly, offerModMayfly } from "../support/servers/mod-mayfly.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const host = "example.org";
const alice = `alice@${host}`;
const knowsSasl2 = Boolean(process.env.MAYFLY_EJABBERD);
const now = () => Math.floor(Date.now() / 1000);
const secrets = {
  north: "the secret of the north",
  south: "the secret of the south",
  later: "the secret of later",
  wide: "the secret that is wide",
};

/** Mints with one of these secrets, however long it is to live. */
function mint(
  request: Partial<MintRequest> = {},
  name: keyof typeof secrets = "north",
  at: number = now(),
) {
  const algorithm: KeyInput["algorithm"] = name === "wide" ? "sha256" : "sha1";
  const keyring = new Keyring([{ id: name, secret: secrets[name], algorithm }]);
  const policies = new Policies({ "*": { maxTtl: 1_000_000 } });
  return mintWith({ jid: alice, ttl: 60, ...request }, { keyring, policies, now: at });
}

/** Writes the key files into the home of an ejabberd. */
function furnish(home: string): void {
  installModMayfly(home);
  for (const [name, secret] of Object.entries(secrets)) {
    writeFileSync(join(home, `${name}.key`), `${secret}\n`, { mode: 0o600 });
  }
}

/** Paths are from the folder that ejabberd runs in. */
const verifying = { secret_files: ["north.key", "south.key", { "wide.key": "sha256" }] };

function start(mod_mayfly: object, options: object = {}): Promise<Ejabberd> {
  return startEjabberd({
    hosts: [host, "other.example", "bücher.example"],
    mayfly: { keys: [] },
    sample: "ejabberd-native.yml",
    furnish,
    handlers: apiAccess.handlers,
    ...(knowsSasl2 && { listeners: { ejabberd_http: { allow_unencrypted_sasl2: true } } }),
    options: {
      ...apiAccess.options,
      modules: { mod_admin_extra: {}, mod_disco: {}, mod_mayfly },
      ...options,
    },
  });
}

describeWith("ejabberd")("ejabberd that verifies credentials itself", () => {
  let server: Ejabberd;
  const presented: string[] = [];

  beforeAll(async () => {
    server = await start(verifying, { loglevel: "debug", auth_use_cache: true });
  });
  afterAll(() => server?.stop());

  /** Logs in by PLAIN over a WebSocket, and remembers what must not be in the log. */
  function logInAs(user: string, password: string, at: string = host): Promise<string> {
    presented.push(password.replace(/.*:/s, ""), blob(user, password));
    return rawOutcome(server, { user, host: at, password });
  }

  /** Waits until something is in the log. */
  function logged(text: string): Promise<unknown> {
    return until(() => server.log().includes(text));
  }

  /** What PLAIN is on the wire. */
  function blob(user: string, password: string): string {
    return Buffer.from(`\0${user}\0${password}`).toString("base64");
  }

  test("is of the version that this run is for", ({ task }) => {
    task.meta.spokeTo = `ejabberd ${server.version}`;
    expect(server.version).toBe(process.env.MAYFLY_EJABBERD || versionOf("ejabberd"));
  });

  test("takes a credential by @xmpp/client, inline and as a token", async () => {
    expect(await outcome(server, await mint())).toBe(alice);
    const { password } = await mint({ present: "token" });
    expect(await logInAs("alice", password)).toBe(alice);
  });

  test("takes it over TCP", async () => {
    const { password } = await mint();
    presented.push(blob("alice", password));
    expect(await c2sOutcome(server, { user: "alice", host, password })).toBe("success");
  });

  test.runIf(knowsSasl2)("takes it by SASL2", async () => {
    const { password } = await mint();
    presented.push(blob("alice", password));
    const by = (from: string, user: string) =>
      sasl2Outcome(server, from, (sasl) => sasl.authenticate("PLAIN", `\0${user}\0${password}`));
    expect(await by(alice, "alice")).toBe(alice);
    expect(await by(`bob@${host}`, "bob")).toBe("not-authorized");
  });

  test("takes localparts and hosts that are not ASCII", async () => {
    const named = await mint({ jid: "jürgen@bücher.example" });
    expect(await logInAs("jürgen", named.password, "bücher.example")).toBe("jürgen@bücher.example");
  });

  test("takes what each of its secrets signed, and no other", async () => {
    for (const name of ["north", "south", "wide"] as const) {
      expect(await logInAs("alice", (await mint({}, name)).password)).toBe(alice);
    }
    expect(await logInAs("alice", (await mint({}, "later")).password)).toBe("not-authorized");
  });

  test("refuses an expired one, also the one that it has just taken, whatever auth_use_cache says", async () => {
    expect(
      await logInAs("late", (await mint({ jid: `late@${host}` }, "north", now() - 61)).password),
    ).toBe("not-authorized");
    const { password, expires } = await mint({ ttl: 1 });
    expect(await logInAs("alice", password)).toBe(alice);
    await until(() => now() > expires);
    expect(await logInAs("alice", password)).toBe("not-authorized");
    expect(await logInAs("alice", (await mint()).password)).toBe(alice);
    await logged(`mod_mayfly: refused ${alice}: expired`);
  });

  test("refuses one that would live longer than max_ttl", async () => {
    expect(await logInAs("alice", (await mint({ ttl: 86_400 })).password)).toBe(alice);
    expect(await logInAs("alice", (await mint({ ttl: 86_500 })).password)).toBe("not-authorized");
  });

  test("refuses another's, another host's, and what was tampered with", async () => {
    const { password } = await mint();
    expect(await logInAs("bob", password)).toBe("not-authorized");
    expect(await logInAs("alice", password, "other.example")).toBe("not-authorized");
    const changed = everyBitFlipped(password).filter((it) => /^[1-9]\d+:[A-Za-z0-9+/]+=$/.test(it));
    for (const at of [0, 0.2, 0.5, 0.99].map((part) => Math.floor(part * changed.length))) {
      expect(await logInAs("alice", changed[at] ?? "")).toBe("not-authorized");
    }
  });

  test("refuses another's authorization identity, and no one's own", async () => {
    const { password } = await mint();
    presented.push(blob("alice", password).slice(8, -8));
    const as = (authzid: string) =>
      saslOutcome(server, host, "PLAIN", `${authzid}\0alice\0${password}`);
    expect(await as(alice)).toBe(alice);
    expect(await as(`bob@${host}`)).toBe("stream:not-authorized");
    expect(await as("alice@other.example")).toBe("stream:not-authorized");
    await logged(
      `mod_mayfly: refused a login to ${host} from 127.0.0.1: it is <<"alice">>, and asks to be <<"bob@${host}">>`,
    );
  });

  test("refuses a password of 65 KB, and goes on", async () => {
    const password = "x".repeat(65_000);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => rawOutcome(server, { user: "eve", host, password })),
    );
    expect(new Set(outcomes)).toEqual(new Set(["stream:policy-violation"]));
    expect(await logInAs("alice", (await mint()).password)).toBe(alice);
  });

  test("takes a secret that is changed, and keeps one that goes away", async () => {
    const file = join(server.folder, "south.key");
    const logInWith = async (name: keyof typeof secrets) =>
      logInAs("alice", (await mint({}, name)).password);
    writeFileSync(file, secrets.later);
    await until(async () => (await logInWith("later")) === alice);
    expect(await logInWith("south")).toBe("not-authorized");
    writeFileSync(file, "");
    await until(
      () =>
        server.log().includes("stay as they were: ") && server.log().includes("south.key is empty"),
    );
    expect(await logInWith("later")).toBe(alice);
    rmSync(file);
    await until(() => server.log().includes("south.key cannot be read (enoent)"));
    expect(await logInWith("north")).toBe(alice);
    writeFileSync(file, `${secrets.south}\n`);
    await until(async () => (await logInWith("south")) === alice);
  });

  test("says that everybody exists, and cannot take back", async () => {
    expect(await runCommand(server, "check_account", { user: "anybody", host })).toBe("0");
    await runCommand(server, "unregister", { user: "alice", host });
    await logged(`the credentials of ${alice} stay good until they expire`);
  });

  test("has nothing of a secret in its log at debug level", () => {
    expect(presented.length).toBeGreaterThan(30);
    const log = server.log();
    expect(log.includes("Running hook c2s_auth_result: mod_mayfly:c2s_auth_result/3")).toBe(true);
    const leaked = [...Object.values(secrets), ...presented].filter((it) => log.includes(it));
    expect(leaked).toEqual([]);
  });
});

describeWith("ejabberd")("mod_mayfly does not let ejabberd start", () => {
  test.concurrent.each([
    [
      "without a way to verify",
      {},
      {},
      "has mayfly, but mod_mayfly neither socket: nor secret_files:",
    ],
    [
      "with both ways",
      { ...verifying, socket: "/run/mayfly.sock" },
      {},
      "socket: and secret_files: are two ways",
    ],
    ["without itself", {}, { modules: { mod_disco: {} } }, "modules: has no mod_mayfly"],
    [
      "with a file that is not there",
      { secret_files: ["west.key"] },
      {},
      "secret_files->1: Failed to read file",
    ],
    [
      "with a file that is empty",
      { secret_files: ["/dev/null"] },
      {},
      "secret_files: /dev/null is empty",
    ],
    [
      "with a hash that it does not know",
      { secret_files: [{ "north.key": "md5" }] },
      {},
      "secret_files->1: Unexpected value: md5",
    ],
    ["with a lifetime that is none", { ...verifying, max_ttl: "soon" }, {}, "max_ttl"],
    [
      "with too much leeway",
      { ...verifying, leeway: "2m" },
      {},
      "leeway: Expected integer from 0 to 60, got: 120",
    ],
    ["with a socket that is no path", { socket: "mayfly.sock" }, {}, "socket: "],
  ])("%s", async (_, options, more, sentence) => {
    await expect(start(options, more)).rejects.toThrow(sentence);
  });
});

describeWith("ejabberd")("mod_mayfly from ejabberd's own installer", () => {
  let server: Ejabberd;
  afterAll(() => server?.stop());

  test("is compiled, and verifies after a restart of nothing but the configuration", async () => {
    server = await startEjabberd({
      hosts: [host],
      mayfly: { keys: [] },
      sample: "ejabberd-native.yml",
      furnish(home) {
        offerModMayfly(home);
        writeFileSync(join(home, "north.key"), secrets.north);
      },
      handlers: apiAccess.handlers,
      options: { ...apiAccess.options, auth_method: ["internal"], modules: { mod_disco: {} } },
    });
    await runCommand(server, "module_install", { module: "mod_mayfly" });
    const config = join(server.folder, "ejabberd.yml");
    const settings = parse(readFileSync(config, "utf8"));
    const modules = { mod_disco: {}, mod_mayfly: { secret_files: ["north.key"] } };
    writeFileSync(config, stringify({ ...settings, auth_method: ["mayfly"], modules }));
    await runCommand(server, "reload_config", {});
    expect(await outcome(server, await mint())).toBe(alice);
    expect(await outcome(server, await mint({}, "south"))).toBe("not-authorized");
  });
});

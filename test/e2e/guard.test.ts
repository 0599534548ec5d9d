import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint as mintWith } from "../../src/mint/index.ts";
import { boshOutcome } from "../support/clients/bosh.ts";
import {
  type ClientCertificate,
  externalOutcome,
  makeClientCertificate,
} from "../support/clients/external-login.ts";
import { mqttOutcome } from "../support/clients/mqtt.ts";
import { exchangeOutcome, rawOutcome, saslOutcome } from "../support/clients/raw-login.ts";
import { mechanisms, type Names } from "../support/clients/sasl/sasl-mechanisms.ts";
import { fastOutcome, sasl2Outcome } from "../support/clients/sasl/sasl2.ts";
import { logIn, outcome } from "../support/clients/xmpp-client.ts";
import { versionOf } from "../support/machine/debian.ts";
import { type Ejabberd, type EjabberdOptions, startEjabberd } from "../support/servers/ejabberd.ts";
import { apiAccess, runCommand } from "../support/servers/ejabberd-api.ts";
import { installGuard, offerGuard } from "../support/servers/guard.ts";
import { type Lookup, startLookup } from "../support/servers/http/oauth-lookup-server.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [
  { id: "north", secret: "the secret of the end-to-end tests" },
  { id: "jwt", secret: "the secret of their JWTs", algorithm: "HS256" },
];
const keyring = new Keyring(keys);
const host = "example.org";
const alice = `alice@${host}`;
const knowsSasl2 = Boolean(process.env.MAYFLY_EJABBERD);
/** With passwords of its own. */
const comparesInPlain = process.env.MAYFLY_EJABBERD === "26.07";
const now = () => Math.floor(Date.now() / 1000);
const mint = (request: Partial<MintRequest> = {}, at = now()) =>
  mintWith({ jid: alice, ttl: 60, ...request }, { keyring, now: at });
const mintToken = async (request: Partial<MintRequest> = {}, at = now()) => ({
  ...(await mint({ present: "token", ...request }, at)),
  mechanism: "X-OAUTH2",
});
const mintJwt = async () => ({ ...(await mint({ key: "jwt" })), mechanism: "X-OAUTH2" });

const own = ["", "alice", alice, "Alice@Example.ORG"];
const foreign = ["bob", `bob@${host}`, "alice@other.example", `${alice}/phone`, `@${host}`, "a b"];

let lookup: Lookup;
beforeAll(async () => {
  lookup = await startLookup(keys);
});
afterAll(() => lookup?.stop());

/** Starts ejabberd from the X-OAUTH2 sample. */
function start({ options, ...rest }: Partial<EjabberdOptions>): Promise<Ejabberd> {
  return startEjabberd({
    hosts: [host, "other.example"],
    mayfly: { keys },
    sample: "ejabberd-x-oauth2.yml",
    options: { ...lookup.options, ...options },
    ...rest,
  });
}

/** As in the sample, with mod_mayfly's predecessor in its place. */
const sample = new URL("../../ejabberd/ejabberd-x-oauth2.yml", import.meta.url);
const { mod_mayfly: _, ...others } = parse(readFileSync(sample, "utf8")).modules;
const withGuard = { modules: { ...others, mod_mayfly_guard: {} } };
const withoutGuard = { modules: { mod_disco: {}, mod_mqtt: {} } };

describeWith("ejabberd", "oauth2")("ejabberd from the X-OAUTH2 sample", () => {
  let server: Ejabberd;

  beforeAll(async () => {
    server = await start({
      furnish: installGuard(),
      handlers: { "/bosh": "mod_bosh" },
      options: { modules: { ...withGuard.modules, mod_bosh: {} } },
    });
  });
  afterAll(() => server?.stop());

  test("is of the version that this run is for", ({ task }) => {
    task.meta.spokeTo = `ejabberd ${server.version}`;
    expect(server.version).toBe(process.env.MAYFLY_EJABBERD || versionOf("ejabberd"));
  });

  test("offers X-OAUTH2 and PLAIN, and takes a minted credential by each", async () => {
    const offered: string[] = [];
    const xmpp = await logIn(server, await mint(), (element) => {
      const features = element.getChild("mechanisms")?.getChildren("mechanism") ?? [];
      offered.push(...features.map((mechanism) => mechanism.text()));
    });
    await xmpp.stop();
    expect(offered.sort()).toEqual(["PLAIN", "X-OAUTH2"]);
    expect(await outcome(server, await mint())).toBe(alice);
    expect(await outcome(server, await mintToken())).toBe(alice);
    expect(await outcome(server, await mintJwt())).toBe(alice);
    expect(await outcome(server, await mintToken({ jid: "bob@other.example" }))).toBe(
      "bob@other.example",
    );
  });

  test("refuses a token that is expired, another's, or of another host", async () => {
    const expired = await mintToken({}, now() - 61);
    expect(await outcome(server, expired)).toBe("not-authorized");
    const minted = await mintToken();
    expect(await outcome(server, { ...minted, username: "bob" })).toBe("not-authorized");
    expect(await outcome(server, { ...minted, jid: "alice@other.example" })).toBe("not-authorized");
  });

  test("lets a token connect over MQTT 5, and for nobody else", async () => {
    const address = { url: `mqtts://localhost:${server.mqttPort}`, ca: server.ca };
    const connect = (user: string, { password }: { password: string }) =>
      mqttOutcome(address, {
        username: `${user}@${host}`,
        properties: { authenticationMethod: "X-OAUTH2", authenticationData: Buffer.from(password) },
      });
    expect(await connect("alice", await mintToken())).toBe("connected");
    expect(await connect("alice", await mintJwt())).toBe("connected");
    expect(await connect("bob", await mintToken())).toBe(135);
    expect(await connect("alice", await mintToken({}, now() - 61))).toBe(135);
  });

  describe.each(["PLAIN", "X-OAUTH2"] as const)("by %s", (mechanism) => {
    const as = async (authzid: string) => {
      const { password } = mechanism === "PLAIN" ? await mint() : await mintToken();
      return saslOutcome(server, host, mechanism, `${authzid}\0alice\0${password}`);
    };

    test.each(own)("takes the authorization identity %j of alice", async (authzid) => {
      expect((await as(authzid)).toLowerCase()).toBe(alice);
    });

    test.each(foreign)("refuses her the authorization identity %j", async (authzid) => {
      expect(await as(authzid)).toBe("stream:not-authorized");
    });

    test.each(["alice\0alice\0secret\0", "alice", "a b\0a b\0secret"])(
      "refuses the message %j",
      async (message) => {
        expect(await saslOutcome(server, host, mechanism, message)).toBe("stream:not-authorized");
      },
    );
  });

  test.each(["PLAIN", "X-OAUTH2"])("guards %s over BOSH, too", async (mechanism) => {
    const as = async (authzid: string) => {
      const { password } = mechanism === "PLAIN" ? await mint() : await mintToken();
      return boshOutcome(server, host, mechanism, `${authzid}\0alice\0${password}`);
    };
    expect(await as("")).toBe("success");
    expect(await as(alice)).toBe("success");
    expect(await as("bob")).toBe("not-authorized");
    expect(await as(`bob@${host}`)).toBe("not-authorized");
  });

  test("logs who asked for what from where, and no credential", async () => {
    const { password } = await mintToken();
    const warnedOf = async (mechanism: string, authzid: string, name: string) => {
      await saslOutcome(server, host, mechanism, `${authzid}\0alice\0${password}`);
      const lines = () => server.log().split("\n");
      return until(() => lines().find((line) => line.includes(name)));
    };
    const from = `mod_mayfly_guard: refused a login to ${host} from 127.0.0.1:`;
    expect(await warnedOf("X-OAUTH2", "carol@x\ny", "carol")).toMatch(
      new RegExp(`\\[warning\\] .*${from} it is <<"alice">>, and asks to be <<"carol@x\\\\ny">>$`),
    );
    expect(await warnedOf("X-NEW", "dave", "X-NEW")).toMatch(
      new RegExp(`\\[warning\\] .*${from} its <<"X-NEW">> does not tell who it is$`),
    );
    expect(server.log()).not.toContain(password.split(":")[2]);
  });

  test("closes the stream after a refusal, and takes the next", async () => {
    const { password } = await mintToken();
    await expect(
      exchangeOutcome(server, host, async (stream) => {
        const refused = await stream.authenticate("X-OAUTH2", `bob\0alice\0${password}`);
        expect(refused).toBe("stream:not-authorized");
        return stream.authenticate("X-OAUTH2", `\0alice\0${password}`);
      }),
    ).rejects.toThrow("the server closed the stream");
    expect(await outcome(server, await mintToken())).toBe(alice);
  });
});

describeWith("ejabberd", "oauth2")("the X-OAUTH2 sample", () => {
  test("does not start where the guard is not installed", async () => {
    await expect(start({ options: withGuard })).rejects.toThrow(/mod_mayfly_guard/);
  });

  test("would let alice in as bob without the guard: the tests above can tell", async () => {
    const server = await start({ options: withoutGuard });
    try {
      const { password } = await mintToken();
      expect(await saslOutcome(server, host, "X-OAUTH2", `bob\0alice\0${password}`)).toBe(
        `bob@${host}`,
      );
    } finally {
      await server.stop();
    }
  });

  test("takes the guard from ejabberd's own installer", async () => {
    let config = "";
    const server = await start({
      furnish: (home) => {
        offerGuard(home);
        config = join(home, "ejabberd.yml");
      },
      handlers: apiAccess.handlers,
      options: { ...withoutGuard, ...apiAccess.options },
    });
    const load = async (more: object) => {
      const settings = parse(readFileSync(config, "utf8"));
      writeFileSync(config, stringify({ ...settings, modules: { mod_disco: {}, ...more } }));
      await runCommand(server, "reload_config", {});
    };
    try {
      const { password } = await mintToken();
      const as = (authzid: string) =>
        saslOutcome(server, host, "X-OAUTH2", `${authzid}\0alice\0${password}`);
      await runCommand(server, "module_install", { module: "mod_mayfly_guard" });
      expect(await as("bob")).toBe(`bob@${host}`);
      await load({ mod_mayfly_guard: {} });
      expect(await as("bob")).toBe("stream:not-authorized");
      expect(await as("alice")).toBe(alice);
      await load({});
      expect(await as("bob")).toBe(`bob@${host}`);
    } finally {
      await server.stop();
    }
  });
});

describeWith("ejabberd", "oauth2")("ejabberd with passwords and certificates of its own", () => {
  const password = "correct horse battery staple";
  let folder: string;
  let certificates: Record<"hers" | "elsewhere" | "nobodys", ClientCertificate>;
  let guarded: Ejabberd;
  let bare: Ejabberd;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mayfly-guard-"));
    certificates = {
      hers: makeClientCertificate(folder, [alice]),
      elsewhere: makeClientCertificate(folder, ["alice@other.example"]),
      nobodys: makeClientCertificate(folder, []),
    };
    const trusted = join(folder, "trusted.pem");
    writeFileSync(
      trusted,
      Object.values(certificates)
        .map(({ cert }) => cert)
        .join(""),
    );
    guarded = await startOwn(trusted, { mod_mayfly_guard: {} });
    bare = await startOwn(trusted, {});
  });
  afterAll(async () => {
    await Promise.all([guarded?.stop(), bare?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function startOwn(c2s_cafile: string, more: object): Promise<Ejabberd> {
    const server = await start({
      furnish: installGuard(),
      handlers: apiAccess.handlers,
      listeners: {
        ejabberd_c2s: { tls_verify: true },
        ...(knowsSasl2 && { ejabberd_http: { allow_unencrypted_sasl2: true } }),
      },
      options: {
        ...apiAccess.options,
        c2s_cafile,
        auth_method: ["internal", "anonymous"],
        anonymous_protocol: "sasl_anon",
        modules: { mod_mqtt: {}, ...(knowsSasl2 && { mod_auth_fast: {} }), ...more },
      },
    });
    for (const user of ["alice", "bob"]) {
      await runCommand(server, "register", { user, host, password });
    }
    return server;
  }

  const names = async (mechanism: string, authzid: string): Promise<Names> => ({
    authcid: "alice",
    authzid,
    host,
    secret: mechanism === "X-OAUTH2" ? (await mintToken()).password : password,
  });

  describe.each(Object.entries(mechanisms))("by %s", (mechanism, logInBy) => {
    const as = async (server: Ejabberd, authzid: string) => {
      const who = await names(mechanism, authzid);
      return exchangeOutcome(server, host, (stream) => logInBy(stream, who));
    };

    /** What she gets for bob's identity without the guard; SCRAM does not look at it. */
    const unguarded =
      { "SCRAM-SHA-1": alice, ...(comparesInPlain && { PLAIN: "not-authorized" }) }[mechanism] ??
      `bob@${host}`;

    test("takes the authorization identity of alice, or none", async () => {
      expect(await as(guarded, "")).toBe(alice);
      expect(await as(guarded, "alice")).toBe(alice);
    });

    test("refuses her another's", async () => {
      expect(await as(guarded, "bob")).toBe("stream:not-authorized");
      expect(await as(guarded, `bob@${host}`)).toBe("stream:not-authorized");
    });

    test("would not without the guard: the test above can tell", async () => {
      expect(await as(bare, "bob")).toBe(unguarded);
    });

    test.runIf(knowsSasl2)("does so in SASL2 too", async () => {
      const by = async (server: Ejabberd, from: string, authzid: string) => {
        const who = await names(mechanism, authzid);
        return sasl2Outcome(server, `${from}@${host}`, (sasl) => logInBy(sasl, who));
      };
      expect(await by(guarded, "alice", "")).toBe(alice);
      expect(await by(guarded, "alice", "alice")).toBe(alice);
      expect(await by(guarded, "bob", "bob")).toBe("stream:not-authorized");
      if (unguarded !== alice) expect(await by(bare, "bob", "bob")).toBe(unguarded);
    });
  });

  test.runIf(knowsSasl2)("lets alice in with a token of FAST", async () => {
    expect(await fastOutcome(guarded, alice, password)).toBe(alice);
  });

  test("lets who is anonymous in", async () => {
    expect(await saslOutcome(guarded, host, "ANONYMOUS", "trace")).toMatch(/@example\.org$/);
  });

  describe("by EXTERNAL", () => {
    test("takes the identity that a certificate names, or none", async () => {
      const { hers } = certificates;
      expect(await externalOutcome(guarded, host, hers, "")).toBe(alice);
      expect(await externalOutcome(guarded, host, hers, alice)).toBe(alice);
    });

    test("refuses one that it does not name", async () => {
      const { hers } = certificates;
      expect(await externalOutcome(guarded, host, hers, `bob@${host}`)).toBe("not-authorized");
    });

    test.each([
      ["nobodys", `bob@${host}`],
      ["elsewhere", "alice@other.example"],
      ["elsewhere", "other.example"],
    ] as const)(
      "refuses a certificate of %s for %s, as it would not without",
      async (of, authzid) => {
        const certificate = certificates[of];
        expect(await externalOutcome(guarded, host, certificate, authzid)).toBe(
          "stream:not-authorized",
        );
        const user = authzid.startsWith("bob") ? "bob" : "alice";
        expect(await externalOutcome(bare, host, certificate, authzid)).toBe(`${user}@${host}`);
      },
    );
  });
});

describeWith("ejabberd", "oauth2")("a guard that cannot judge", () => {
  /** Logs alice in by PLAIN, past a guard with each of these in the place of that. */
  async function logInPast(changes: Record<string, string>): Promise<string> {
    const furnish = installGuard((source) =>
      Object.entries(changes).reduce((changed, [from, to]) => {
        expect(changed).toContain(from);
        return changed.replaceAll(from, to);
      }, source),
    );
    const server = await start({ furnish, options: withGuard });
    try {
      return await rawOutcome(server, { user: "alice", host, password: (await mint()).password });
    } finally {
      await server.stop();
    }
  }

  test("lets her in when nothing but a name in it changes: the tests below can tell", async () => {
    expect(await logInPast({ is_own: "is_of_its_own" })).toBe(alice);
  });

  test("refuses a mechanism that it does not know", async () => {
    expect(await logInPast({ PLAIN: "PLAIN-TALK" })).toBe("stream:not-authorized");
  });

  test("refuses when it fails", async () => {
    expect(await logInPast({ "plain:parse": "plain:no_such" })).toBe("stream:not-authorized");
  });

  test("ends the connection when it cannot even refuse", async () => {
    const login = logInPast({ "plain:parse": "plain:no_such", serr_not_authorized: "no_such" });
    await expect(login).rejects.toThrow("the server closed the stream");
  });
});

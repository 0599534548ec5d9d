import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type DoctorOptions, readEjabberd } from "../../src/doctor/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { Policies, type Policy } from "../../src/policy.ts";
import { examined, findingsOf, host, keys } from "../support/cli/doctor.ts";
import { mayfly, startServe } from "../support/cli/run-cli.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { node } from "../support/machine/newer-debian.ts";
import { freePorts } from "../support/machine/ports.ts";
import { type Ejabberd, type EjabberdOptions, startEjabberd } from "../support/servers/ejabberd.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const jid = `alice@${host}`;
const start = (options: Partial<EjabberdOptions> = {}) =>
  startEjabberd({ hosts: [host], mayfly: { keys }, ...options });

const overTcp = ({ port, ca }: Ejabberd) => ({ url: `xmpp://localhost:${port}`, ca });
const now = () => Date.now() / 1000;

const lax = fileURLToPath(new URL("../support/fakes/lax-program.mjs", import.meta.url));
const laxProgram = (laxity: string) => ({
  extauth_program: `${node} ${lax} '${laxity}' "${keys[0]?.secret}"`,
});

const withoutGuard = { mod_disco: {}, mod_offline: {} };

describeWith("ejabberd")("mayfly doctor and an ejabberd without a mistake", () => {
  let server: Ejabberd;

  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  // First, while nothing was asked of it: the log's lines of a test can come after its end.
  test("is told nothing as long as nobody vouches for it", async () => {
    const { unchecked } = await examined({ url: server.url });
    expect(unchecked).toContain("connection");
    expect(server.decisions()).toEqual([]);
  });

  test.each(["wss", "xmpp"])("has nothing to say, by %s", async (scheme) => {
    const ca = join(server.folder, "certificate.pem");
    const url = scheme === "wss" ? server.url : overTcp(server).url;
    const files = ["--ca", ca, "--config", join(server.folder, "mayfly.yml")];
    const config = ["--ejabberd-config", join(server.folder, "ejabberd.yml")];
    const { status, stdout } = mayfly(["doctor", url, "--jid", jid, ...files, ...config]);
    expect(stdout).toBe(`ok: ${url} (ejabberd): 10 checks passed\n`);
    expect(status).toBe(0);
  });

  test("has nothing to say by ws: on loopback, but what it did not check", async () => {
    const local = await start({ listeners: { ejabberd_http: { tls: false } } });
    try {
      const url = local.url.replace("wss:", "ws:");
      const files = ["--config", join(local.folder, "mayfly.yml")];
      const { status, stdout } = mayfly(["doctor", url, "--jid", jid, ...files]);
      expect(stdout).toBe(
        `ok: ${url} (ejabberd): 10 checks passed\nnot checked: TLS, certificate\n`,
      );
      expect(status).toBe(0);
    } finally {
      await local.stop();
    }
  });

  /** What is wrong with how it is come to, not with the server. */
  const mistakes: Record<
    string,
    { to?: () => { url: string; ca?: string }; more?: Partial<DoctorOptions>; finds: string }
  > = {
    "another secret, of 32 bytes at least": {
      more: {
        minting: {
          keyring: new Keyring([{ id: "south", secret: "another secret, of 32 bytes at least" }]),
        },
      },
      finds: "error secret-mismatch: ejabberd: use the same key on both sides",
    },
    "a first key that the server does not have": {
      more: {
        minting: {
          keyring: new Keyring([
            { id: "new", secret: "a secret that is not yet there, of 32 bytes" },
            ...keys,
          ]),
        },
      },
      finds: "error secret-mismatch: ejabberd: use the same key on both sides",
    },
    "a host of others": {
      more: { jid: { localpart: "alice", host: "other.example" } },
      to: () => ({ url: server.url, ca: server.ca }),
      finds: "error host: ejabberd: add the host under hosts:",
    },
    "a certificate that nobody has signed": {
      to: () => ({ url: server.url }),
      finds: "error certificate: ejabberd: certfiles:",
    },
    "a path where no WebSocket is": {
      to: () => ({ url: server.url.replace("/ws", "/nowhere"), ca: server.ca }),
      finds: "error unreachable: check host, port and path",
    },
    "a clock that is far behind": {
      more: { clock: () => now() - 100 },
      finds: "error clock: run chrony",
    },
    "a clock that is seconds behind": {
      more: { clock: () => now() - 8 },
      finds: "warning clock: run chrony",
    },
    "a clock that is far ahead": {
      more: { clock: () => now() + 100 },
      finds: "error clock: run chrony",
    },
  };

  describe.concurrent("but has with", () => {
    test.each(Object.entries(mistakes))(
      "%s",
      async (_, { to = () => overTcp(server), more, finds }) => {
        const report = await examined(to(), more);
        expect(findingsOf(report)).toEqual([expect.stringContaining(finds)]);
      },
    );
  });

  test("logs nobody in but the user named, and users that are nobody", async () => {
    await examined(overTcp(server));
    const named = () =>
      server
        .decisions()
        .map(({ user }) => String(user))
        .filter((user) => !user.startsWith("mayfly-doctor-"));
    await until(() => named().length > 0);
    expect(new Set(named())).toEqual(new Set(["alice"]));
  });
});

describeWith("ejabberd").concurrent("mayfly doctor has nothing to say to an ejabberd with", () => {
  const policies = (policy: Partial<Policy>) => new Policies({ [host]: policy });
  const sound: Record<
    string,
    { mayfly: EjabberdOptions["mayfly"]; minting: Partial<DoctorOptions["minting"]> }
  > = {
    JWTs: { mayfly: { keys }, minting: { keyring: new Keyring(keys.slice(1)) } },
    "credentials for one login": {
      mayfly: { keys, store: "lmdb:state", hosts: { [host]: { single_use: true } } },
      minting: { policies: policies({ singleUse: true }) },
    },
    "a leeway, and short lives": {
      mayfly: { keys, hosts: { [host]: { leeway: "60s", max_ttl: "20s" } } },
      minting: { policies: policies({ leeway: 60, maxTtl: 20 }) },
    },
    "users that nobody knows of": {
      mayfly: { keys, hosts: { [host]: { users: "none" } } },
      minting: { policies: policies({ users: "none" }) },
    },
  };

  test.for(Object.entries(sound))("%s", async ([, it], { onTestFinished }) => {
    const server = await start({ mayfly: it.mayfly, options: { extauth_pool_size: 1 } });
    onTestFinished(() => server.stop());
    const minting = { keyring: new Keyring(keys), ...it.minting };
    const report = await examined(overTcp(server), { minting });
    expect(report).toMatchObject({ findings: [], unchecked: [] });
  });
});

describeWith("ejabberd").concurrent("mayfly doctor finds in an ejabberd, and nothing else:", () => {
  const planted: Record<
    string,
    {
      with: Partial<EjabberdOptions>;
      finds: string;
      /** Whether its file is read too. */
      reads?: boolean;
    }
  > = {
    "auth_use_cache: true": {
      with: { options: { auth_use_cache: true } },
      finds: "error auth-cache: auth_use_cache: false",
    },
    "X-OAUTH2 on offer": {
      with: { options: { disable_sasl_mechanisms: [] } },
      finds: 'error x-oauth2-offered: disable_sasl_mechanisms: ["X-OAUTH2"]',
    },
    "no starttls_required": {
      with: { listeners: { ejabberd_c2s: { starttls_required: false, starttls: true } } },
      finds: "error plain-without-tls: starttls_required: true at the ejabberd_c2s listener",
    },
    "no TLS at all": {
      with: {
        listeners: { ejabberd_c2s: { starttls_required: false, starttls: false } },
        options: { certfiles: [] },
      },
      finds: "error plain-without-tls: ejabberd: starttls_required: true",
    },
    "a max_stanza_size that is too large": {
      with: {
        listeners: { ejabberd_c2s: { max_stanza_size: 262_144 } },
        options: { modules: withoutGuard },
      },
      finds: "error stanza-limit: max_stanza_size: 65536 at the ejabberd_c2s listener",
    },
    "a max_stanza_size that is too small": {
      with: { listeners: { ejabberd_c2s: { max_stanza_size: 10_000 } } },
      finds: "warning stanza-limit: max_stanza_size: 65536 at the ejabberd_c2s listener",
    },
    "another method beside external": {
      with: { options: { auth_method: ["external", "internal"] } },
      reads: true,
      finds: "warning auth-method: auth_method: [external]",
    },
    "a program that forgets the time": {
      with: { options: laxProgram("forgets the time") },
      finds: "error expired-accepted: extauth_program:",
    },
    "a program that remembers what it accepted": {
      with: { options: { ...laxProgram("remembers what it accepted"), extauth_pool_size: 1 } },
      finds: "error auth-cache: auth_use_cache: false",
    },
    "a program that lets everybody in": {
      with: { options: laxProgram("lets everybody in") },
      finds: "error tampered-accepted: auth_method: [external]; extauth_program:",
    },
    "a program that never answers": {
      with: { options: { extauth_program: "sleep 600" } },
      finds: "error no-answer: ejabberd: mayfly selftest --user ejabberd",
    },
    "a program that is not there": {
      with: { options: { extauth_program: "/nowhere/mayfly extauth" } },
      reads: true,
      finds: "error program: write the path of a program that is",
    },
    "users: none": {
      with: { mayfly: { keys, hosts: { [host]: { users: "none" } } } },
      finds: "warning isuser: users: any for the host",
    },
  };

  test.for(Object.entries(planted))("%s", async ([, mistake], { onTestFinished }) => {
    const server = await start(mistake.with);
    onTestFinished(() => server.stop());
    const file = join(server.folder, "ejabberd.yml");
    const read = () => ({
      kind: "ejabberd" as const,
      ...readEjabberd(readFileSync(file, "utf8"), file, host),
    });
    const report = await examined(overTcp(server), mistake.reads ? read() : {});
    expect(findingsOf(report)).toEqual([expect.stringContaining(mistake.finds)]);
  });
});

describeWith("ejabberd")("mayfly doctor tells apart", () => {
  test("a user whose credential is remembered from before", async ({ onTestFinished }) => {
    const server = await start({ options: { auth_use_cache: true } });
    onTestFinished(() => server.stop());
    const before = await mint({ jid, ttl: 90 }, { keyring: new Keyring(keys) });
    expect(await outcome(server, before)).toBe(jid);
    expect(findingsOf(await examined(overTcp(server)))).toEqual([
      "error auth-cache: auth_use_cache: false",
    ]);
  });

  test("a user whose credentials were taken back", async ({ onTestFinished }) => {
    const server = await start({ mayfly: { keys, store: "lmdb:state" } });
    onTestFinished(() => server.stop());
    const revoked = mayfly(["revoke", jid, "--config", join(server.folder, "mayfly.yml")]);
    expect(revoked.status).toBe(0);
    const { findings, unchecked } = await examined(overTcp(server));
    expect(findingsOf({ findings })).toEqual([
      expect.stringContaining("warning user-refused: if revoked: wait"),
    ]);
    expect(unchecked).toEqual([]);
  });

  test.runIf(process.env.MAYFLY_EJABBERD)(
    "FAST, where it is on offer, and not known to be limited",
    async ({ onTestFinished }) => {
      const mod_mayfly = { end_fast_at_expiry: true };
      const others = { mod_disco: {}, mod_offline: {}, mod_stream_mgmt: {} };
      const server = await start({
        options: { modules: { mod_auth_fast: {}, mod_mayfly, ...others } },
      });
      onTestFinished(() => server.stop());
      const { url } = overTcp(server);
      const files = ["certificate.pem", "mayfly.yml", "ejabberd.yml"] as const;
      const [ca, config, file] = files.map((it) => join(server.folder, it)) as [
        string,
        string,
        string,
      ];
      const known = ["--ca", ca, "--config", config, "--ejabberd-config", file];
      const { stdout } = mayfly(["doctor", url, "--jid", jid, ...known]);
      expect(stdout).toBe(`ok: ${url} (ejabberd): 10 checks passed\n`);
      expect(findingsOf(await examined(overTcp(server)))).toEqual([
        expect.stringContaining("warning fast-outlives: leave mod_auth_fast out"),
      ]);
    },
  );
});

describeWith("ejabberd", "oauth2")(
  "mayfly doctor finds in an ejabberd that asks /oauth/lookup",
  () => {
    test("that X-OAUTH2 lets one user be another", async ({ onTestFinished }) => {
      const folder = mkdtempSync(join(tmpdir(), "mayfly-doctor-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const [port] = await freePorts(1);
      const backend_secret = "the-secret-of-the-servers";
      const config = join(folder, "mayfly.yml");
      writeFileSync(config, stringify({ keys, http: { backend_secret } }));
      const address = `127.0.0.1:${port}`;
      const socket = `unix:${join(folder, "extauth.sock")}`;
      const serving = ["--config", config, "--listen", address, "--extauth", socket];
      const served = await startServe(serving);
      onTestFinished(() => served.kill("SIGKILL"));
      const server = await start({
        options: {
          modules: withoutGuard,
          disable_sasl_mechanisms: [],
          oauth_db_type: "rest",
          oauth_use_cache: false,
          ext_api_url: `http://${address}`,
          ext_api_path_oauth: "/oauth",
          ext_api_headers: `Authorization:Bearer ${backend_secret}`,
        },
      });
      onTestFinished(() => server.stop());
      expect(findingsOf(await examined(overTcp(server)))).toEqual([
        expect.stringContaining('error identity: disable_sasl_mechanisms: ["X-OAUTH2"]'),
      ]);
    });
  },
);

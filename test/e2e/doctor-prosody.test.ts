import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type DoctorOptions, readProsody } from "../../src/doctor/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { examined, findingsOf, host, keys } from "../support/cli/doctor.ts";
import { mayfly } from "../support/cli/run-cli.ts";
import { makeProgram, type Program } from "../support/cli/socket-program.ts";
import { type Prosody, type ProsodyOptions, startProsody } from "../support/servers/prosody.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const now = () => Date.now() / 1000;

describeWith("prosody")("mayfly doctor and a Prosody without a mistake", () => {
  let program: Program;
  let server: Prosody;

  beforeAll(async () => {
    program = makeProgram({ keys });
    await program.start();
    server = await startProsody({ hosts: [host], socket: program.path });
  });
  afterAll(async () => {
    await server?.stop();
    await program?.end();
  });

  test.each(["wss", "xmpp", "xmpps"] as const)("has nothing to say, by %s", (scheme) => {
    const { url } = server.by[scheme];
    const files = ["--ca", server.certificate, "--config", program.config];
    const config = ["--prosody-config", server.config];
    const { status, stdout, stderr } = mayfly([
      ...["doctor", url, "--jid", `alice@${host}`],
      ...[...files, ...config],
    ]);
    expect(stdout).toBe(`ok: ${url} (Prosody): 10 checks passed\n`);
    expect(stderr).toBe("waiting for a credential to expire ...\n");
    expect(status).toBe(0);
  });

  test("has nothing to say with JWTs either", async () => {
    const minting = { keyring: new Keyring(keys.slice(1)) };
    const report = await examined(server.by.xmpps, { minting });
    expect(report).toMatchObject({ kind: "prosody", findings: [], unchecked: [] });
  });

  test("warns of SCRAM that the program has no MACs for", async () => {
    const config = join(dirname(program.config), "scram.cfg.lua");
    writeFileSync(config, `mayfly_scram = true\n${readFileSync(server.config, "utf8")}`);
    const { stdout } = doctor(server, program.config, config);
    expect(stdout).toMatch(/^error: scram-off .*\n.*example\.org has no scram: true/);
  });

  test("knows a Prosody that verifies by itself, and what of the configuration it cannot do", async ({
    onTestFinished,
  }) => {
    const folder = dirname(program.config);
    const secret = join(folder, "north.key");
    writeFileSync(secret, String(keys[0]?.secret), { mode: 0o600 });
    const options = `mayfly_secret_files = { ${JSON.stringify(secret)} }`;
    const alone = await startProsody({ hosts: [host], options });
    onTestFinished(() => alone.stop());
    const minting = join(folder, "minting.yml");
    const say = (mayfly: object) => {
      writeFileSync(minting, stringify({ keys: keys.slice(0, 1), ...mayfly }), { mode: 0o600 });
      return doctor(alone, minting, alone.config).stdout;
    };
    expect(say({})).toBe(`ok: ${alone.by.xmpps.url} (Prosody): 10 checks passed\n`);
    expect(say({ keys, store: "memory" })).toMatch(
      /^warning: stand-alone .*\n.*accepts no JWT, does not see revocations\n/,
    );
  });

  function doctor({ by, certificate }: Prosody, config: string, prosodyConfig: string) {
    const files = ["--ca", certificate, "--config", config, "--prosody-config", prosodyConfig];
    return mayfly(["doctor", by.xmpps.url, "--jid", `alice@${host}`, ...files]);
  }

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
      finds: "error secret-mismatch: ejabberd: use the same key",
    },
    "a host of others": {
      more: { jid: { localpart: "alice", host: "other.example" } },
      finds: "error host: ejabberd: add the host under hosts:",
    },
    "a certificate that nobody has signed": {
      to: () => ({ url: server.by.xmpps.url }),
      finds: "error certificate: ejabberd: certfiles:",
    },
    "a port where nobody is": {
      to: () => ({ url: "xmpp://127.0.0.1:1" }),
      finds: "error unreachable: check host, port and path",
    },
    "a clock that is far behind": {
      to: () => server.by.wss,
      more: { clock: () => now() - 100 },
      finds: "error clock: run chrony",
    },
    "a clock that is far ahead": {
      to: () => server.by.xmpps,
      more: { clock: () => now() + 100 },
      finds: "error clock: run chrony",
    },
  };

  describe.concurrent("but has with", () => {
    test.each(Object.entries(mistakes))("%s", async (_, { to = () => server.by.xmpp, ...it }) => {
      const report = await examined(to(), it.more);
      expect(findingsOf(report)).toEqual([expect.stringContaining(it.finds)]);
    });
  });

  test("says by how much a clock is wrong, where HTTP tells the time", async () => {
    const { findings, unchecked } = await examined(server.by.wss, { clock: () => now() - 100 });
    expect(findings[0]?.what).toMatch(
      /^the server's clock is (99|100|101) s ahead of the one here$/,
    );
    expect(unchecked).toEqual([]);
  });
});

describeWith("prosody").concurrent("mayfly doctor finds in a Prosody, and nothing else:", () => {
  const planted: Record<
    string,
    {
      with: Partial<ProsodyOptions>;
      finds: string;
      /** What stands in the program's `mayfly.yml`; it is not started where this is `null`. */
      mayfly?: object | null;
      reads?: boolean;
      only?: "0.12";
    }
  > = {
    "c2s_require_encryption = false": {
      with: {
        options: `c2s_require_encryption = false
allow_unencrypted_plain_auth = true
insecure_sasl_mechanisms = {}`,
      },
      finds: "error plain-without-tls: c2s_require_encryption = true",
    },
    "a limit that is too low": {
      with: { options: "c2s_unauthed_stanza_size_limit = 10000" },
      finds: "warning stanza-limit: c2s_unauthed_stanza_size_limit = 65536",
      only: "0.12",
    },
    "no program at the socket": {
      with: {},
      mayfly: null,
      finds: "error program: ejabberd: mayfly selftest",
    },
    "no socket, as its file has it": {
      with: {},
      mayfly: null,
      reads: true,
      finds: "error program: mayfly serve --extauth unix:",
    },
    "an authentication of its own": {
      with: { options: 'authentication = "internal_hashed"' },
      reads: true,
      finds: 'error auth-method: authentication = "mayfly"',
    },
    "an authentication that lets everybody in": {
      with: {
        options: `authentication = "insecure"
insecure_open_authentication = "Yes please, I know what I'm doing!"`,
      },
      finds: 'error tampered-accepted: authentication = "mayfly"',
    },
    "users: none": {
      with: {},
      mayfly: { keys, hosts: { [host]: { users: "none" } } },
      finds: "warning isuser: users: any for the host",
    },
  };
  const isNewer = Boolean(process.env.MAYFLY_PROSODY);
  const cases = Object.entries(planted).filter(([, { only }]) => !(only && isNewer));

  test.for(cases)("%s", async ([, mistake], { onTestFinished }) => {
    const program = makeProgram(mistake.mayfly ?? { keys });
    onTestFinished(() => program.end());
    if (mistake.mayfly !== null) await program.start();
    const server = await startProsody({ hosts: [host], socket: program.path, ...mistake.with });
    onTestFinished(() => server.stop());
    const read = () => ({
      kind: "prosody" as const,
      findings: readProsody(readFileSync(server.config, "utf8"), server.config, host).findings,
    });
    const report = await examined(server.by.xmpp, mistake.reads ? read() : {});
    expect(findingsOf(report)).toEqual([expect.stringContaining(mistake.finds)]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import {
  type ClientCertificate,
  externalOutcome,
  makeClientCertificate,
} from "../support/clients/external-login.ts";
import { exchangeOutcome, saslOutcome } from "../support/clients/raw-login.ts";
import { mechanisms } from "../support/clients/sasl/sasl-mechanisms.ts";
import { fastOutcome, sasl2Outcome } from "../support/clients/sasl/sasl2.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { apiAccess, runCommand } from "../support/servers/ejabberd-api.ts";
import { type Lookup, startLookup } from "../support/servers/http/oauth-lookup-server.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [{ id: "north", secret: "the secret of the end-to-end tests" }];
const keyring = new Keyring(keys);
const host = "example.org";
const alice = `alice@${host}`;
const password = "correct horse battery staple";
const knowsSasl2 = Boolean(process.env.MAYFLY_EJABBERD);

// Beside passwords and certificates of ejabberd's own, which compare no identities on 23.01.
describeWith("ejabberd", "oauth2")("mod_mayfly beside other ways to log in", () => {
  let folder: string;
  let lookup: Lookup;
  let server: Ejabberd;
  let certificates: Record<"hers" | "nobodys" | "elsewhere", ClientCertificate>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mayfly-identity-"));
    certificates = {
      hers: makeClientCertificate(folder, [alice]),
      nobodys: makeClientCertificate(folder, []),
      elsewhere: makeClientCertificate(folder, ["alice@other.example"]),
    };
    const trusted = join(folder, "trusted.pem");
    writeFileSync(
      trusted,
      Object.values(certificates)
        .map(({ cert }) => cert)
        .join(""),
    );
    lookup = await startLookup(keys);
    server = await startEjabberd({
      hosts: [host, "other.example"],
      mayfly: { keys },
      sample: "ejabberd-x-oauth2.yml",
      furnish: installModMayfly,
      handlers: apiAccess.handlers,
      listeners: {
        ejabberd_c2s: { tls_verify: true },
        ...(knowsSasl2 && { ejabberd_http: { allow_unencrypted_sasl2: true } }),
      },
      options: {
        ...apiAccess.options,
        ...lookup.options,
        c2s_cafile: trusted,
        auth_method: ["internal", "anonymous"],
        anonymous_protocol: "sasl_anon",
        modules: { mod_mqtt: {}, mod_mayfly: {}, ...(knowsSasl2 && { mod_auth_fast: {} }) },
      },
    });
    for (const user of ["alice", "bob"]) {
      await runCommand(server, "register", { user, host, password });
    }
  });
  afterAll(async () => {
    await Promise.all([server?.stop(), lookup?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(Object.entries(mechanisms))("lets alice in by %s", (mechanism, logInBy) => {
    const named = async (authzid: string) => {
      const minted = await mintWith({ jid: alice, present: "token" }, { keyring });
      const secret = mechanism === "X-OAUTH2" ? minted.password : password;
      return { authcid: "alice", authzid, host, secret };
    };
    const as = async (authzid: string) => {
      const names = await named(authzid);
      return exchangeOutcome(server, host, (stream) => logInBy(stream, names));
    };

    test("as herself, and as nobody else", async () => {
      expect(await as("")).toBe(alice);
      expect(await as("alice")).toBe(alice);
      for (const foreign of [
        "bob",
        `bob@${host}`,
        "alice@other.example",
        `${alice}/phone`,
        "a b",
      ]) {
        expect(await as(foreign)).toBe("stream:not-authorized");
      }
    });

    test.runIf(knowsSasl2)("so in SASL2 too", async () => {
      const by = async (from: string, authzid: string) => {
        const names = await named(authzid);
        return sasl2Outcome(server, `${from}@${host}`, (sasl) => logInBy(sasl, names));
      };
      expect(await by("alice", "alice")).toBe(alice);
      expect(await by("bob", "bob")).toBe("stream:not-authorized");
    });
  });

  test("refuses what does not tell who it is", async () => {
    for (const [mechanism, message] of [
      ["PLAIN", "alice"],
      ["PLAIN", "alice\0alice\0secret\0"],
      ["X-NEW", "alice"],
    ] as const) {
      expect(await saslOutcome(server, host, mechanism, message)).toBe("stream:not-authorized");
    }
  });

  test("lets who is anonymous in, and a token of FAST", async () => {
    expect(await saslOutcome(server, host, "ANONYMOUS", "trace")).toMatch(/@example\.org$/);
    if (knowsSasl2) expect(await fastOutcome(server, alice, password)).toBe(alice);
  });

  test("takes a certificate for the identity that it names", async () => {
    const { hers, nobodys, elsewhere } = certificates;
    const by = (certificate: ClientCertificate, authzid: string) =>
      externalOutcome(server, host, certificate, authzid);
    expect(await by(hers, "")).toBe(alice);
    expect(await by(hers, alice)).toBe(alice);
    expect(await by(hers, `bob@${host}`)).toBe("not-authorized");
    expect(await by(nobodys, `bob@${host}`)).toBe("stream:not-authorized");
    expect(await by(elsewhere, "alice@other.example")).toBe("stream:not-authorized");
  });
});

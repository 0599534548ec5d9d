import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint as mintWith } from "../../src/mint/index.ts";
import { makeProgram, type Program } from "../support/cli/socket-program.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { pemPair, signedToken } from "../support/data/jwt.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret of the names' tests" }];
const keyring = new Keyring(keys);
const host = "example.org";
const names = ["jörg", "żółw", "田中"];
const mint = (request: MintRequest) => mintWith({ ttl: 60, ...request }, { keyring });

/** Names that apps have, and the localparts that servers have for them. */
const ofApps = [
  ["Alice", "alice"],
  ["Alice Smith", "alice\\20smith"],
  ["José", "josé"],
  ["alice@corp.com", "alice\\40corp.com"],
] as const;

describeWith("ejabberd")("a name in ejabberd", () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-names-"));
  const pair = pemPair("ES256");
  let server: Ejabberd;
  beforeAll(async () => {
    const jwks = join(folder, "jwks.json");
    const jwk = createPublicKey(pair.publicKey).export({ format: "jwk" });
    writeFileSync(jwks, JSON.stringify({ keys: [jwk] }));
    const issuer = { jwks: `file:${jwks}`, algorithms: ["ES256"], audience: "app", hosts: [host] };
    const issuers = [
      { ...issuer, issuer: "https://id.example.com", user: "preferred_username" },
      { ...issuer, issuer: "https://mail.example.com", user: "email", name: "escaped" },
      {
        ...issuer,
        issuer: "https://corp.com",
        user: "email",
        name: "before-at",
        domains: ["corp.com"],
      },
    ];
    server = await startEjabberd({ hosts: [host], mayfly: { keys, issuers } });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  test.each([
    ["https://id.example.com", { preferred_username: "Alice" }, "alice"],
    [
      "https://id.example.com",
      { preferred_username: "3F2504E0-4F89-41D3-9A0C-0305E82C3301" },
      "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    ],
    [
      "https://mail.example.com",
      { email: "Alice@corp.com", email_verified: true },
      "alice\\40corp.com",
    ],
    ["https://corp.com", { email: "Alice@corp.com", email_verified: true }, "alice"],
    [
      "https://corp.com",
      { email: "Alice@corp.com", email_verified: false },
      "alice",
      "not-authorized",
    ],
    [
      "https://corp.com",
      { email: "alice@evil.example", email_verified: true },
      "alice",
      "not-authorized",
    ],
  ])("of an issuer, %s, %o, logs in as %s", async (iss, claims, username, refusal = "") => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const password = await signedToken(
      createPrivateKey(pair.privateKey),
      { alg: "ES256", typ: "JWT" },
      { iss, aud: "app", iat: exp - 60, exp, ...claims },
    );
    const jid = `${username}@${host}`;
    const credential = { jid, username, password, ttl: 60, expires: exp };
    expect(await outcome(server, credential)).toBe(refusal || jid);
  });

  test.each(names)("of any script logs in by our client: %s", async (name) => {
    const jid = `${name}@${host}`;
    expect(await outcome(server, await mint({ jid }))).toBe(jid);
  });

  test.each(ofApps)("that an app has logs in: %s, as %s", async (name, localpart) => {
    const jid = `${localpart}@${host}`;
    expect(await outcome(server, await mint({ name, host }))).toBe(jid);
  });
});

describeWith("prosody")("a name in Prosody", () => {
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

  test.each(names)("of any script logs in by our client, by each mechanism: %s", async (name) => {
    const jid = `${name}@${host}`;
    const token = await mint({ jid, present: "token" });
    const credentials = {
      PLAIN: await mint({ jid }),
      "PLAIN with authzid": await mint({ jid, present: "authzid" }),
      "X-OAUTH2": token,
      OAUTHBEARER: { ...token, mechanism: "OAUTHBEARER" },
    };
    for (const [how, credential] of Object.entries(credentials)) {
      expect(await outcome(server, credential), how).toBe(jid);
    }
  });

  test.each(ofApps)("that an app has logs in: %s, as %s", async (name, localpart) => {
    const jid = `${localpart}@${host}`;
    expect(await outcome(server, await mint({ name, host }))).toBe(jid);
  });
});

describeWith("prosody")("a name in Prosody with accounts of its own", () => {
  let server: Prosody;
  beforeAll(async () => {
    server = await startProsody({ hosts: [host], options: `authentication = "internal_plain"` });
    for (const name of names) {
      const accounts = join(dirname(server.config), encode(host), "accounts");
      mkdirSync(accounts, { recursive: true });
      writeFileSync(join(accounts, `${encode(name)}.dat`), `return { ["password"] = "secret" }`);
    }
  });
  afterAll(() => server?.stop());

  /** A name as Prosody has it in file names. */
  function encode(name: string): string {
    return encodeURIComponent(name).replaceAll(".", "%2e").toLowerCase();
  }

  test.each(names)("logs in by our client by SCRAM: %s", async (username) => {
    const jid = `${username}@${host}`;
    const credential = { jid, username, password: "secret", ttl: 60, expires: 1893456000 };
    expect(await outcome(server, { ...credential, mechanism: "SCRAM-SHA-1" })).toBe(jid);
  });
});

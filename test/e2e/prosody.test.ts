import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint as mintWith } from "../../src/mint/index.ts";
import { encodeOAuthBearer, encodePlain, encodeXOAuth2 } from "../../src/sasl/index.ts";
import { mayfly } from "../support/cli/run-cli.ts";
import { makeProgram, type Program } from "../support/cli/socket-program.ts";
import { plaintextLogin } from "../support/clients/plaintext-login.ts";
import { saslOutcome } from "../support/clients/raw-login.ts";
import { openRawStream } from "../support/clients/raw-stream.ts";
import { logIn, outcome } from "../support/clients/xmpp-client.ts";
import { hmacToken, pemPair, signedToken } from "../support/data/jwt.ts";
import { versionOf } from "../support/machine/debian.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const secretOfJwts = "the secret of their JWTs";
const keys: KeyInput[] = [
  { id: "north", secret: "the secret of the end-to-end tests" },
  { id: "jwt", secret: secretOfJwts, algorithm: "HS256" },
];
const keyring = new Keyring(keys);
const host = "example.org";
const alice = `alice@${host}`;
const now = () => Math.floor(Date.now() / 1000);
const mint = (request: Partial<MintRequest> = {}, at = now()) =>
  mintWith({ jid: alice, ttl: 60, ...request }, { keyring, now: at });

const ways = ["wss", "xmpp", "xmpps"] as const;
const presentations = {
  "PLAIN, inline": { present: "inline" },
  "PLAIN, MojoAuth username and authzid": { present: "authzid" },
  "PLAIN, JWT": { key: "jwt" },
  "X-OAUTH2, token": { present: "token", mechanism: "X-OAUTH2" },
  "X-OAUTH2, JWT": { key: "jwt", mechanism: "X-OAUTH2" },
  "OAUTHBEARER, token": { present: "token", mechanism: "OAUTHBEARER" },
  "OAUTHBEARER, JWT": { key: "jwt", mechanism: "OAUTHBEARER" },
} as const;
const eachPresentation = Object.entries(presentations);

describeWith("prosody")("Prosody with mod_auth_mayfly", () => {
  let program: Program;
  let server: Prosody;

  beforeAll(async () => {
    program = makeProgram({ keys, store: "lmdb:state" });
    await program.start();
    server = await startProsody({ hosts: [host, "other.example"], socket: program.path });
  });
  afterAll(async () => {
    await server?.stop();
    await program?.end();
  });

  /** A credential as a presentation has it. */
  async function present(
    { mechanism, ...how }: Partial<MintRequest> & { mechanism?: string },
    request: Partial<MintRequest> = {},
    at = now(),
  ) {
    return { ...(await mint({ ...how, ...request }, at)), ...(mechanism && { mechanism }) };
  }

  test("is of the version that this run is for", ({ task }) => {
    task.meta.spokeTo = `Prosody ${server.version}`;
    const wanted = process.env.MAYFLY_PROSODY;
    expect(server.version).toMatch(wanted ? RegExp(`^${wanted}\\.`) : versionOf("prosody"));
  });

  test("offers the mechanisms that a credential is presented by, and no other", async () => {
    const offered: string[] = [];
    const xmpp = await logIn(server, await mint(), (element) => {
      const mechanisms = element.getChild("mechanisms")?.getChildren("mechanism") ?? [];
      offered.push(...mechanisms.map((mechanism) => mechanism.text()));
    });
    await xmpp.stop();
    expect(offered.sort()).toEqual(["OAUTHBEARER", "PLAIN", "X-OAUTH2"]);
  });

  test("tells its log of a refusal, and nothing of the credential", async () => {
    for (const how of [presentations["PLAIN, inline"], presentations["OAUTHBEARER, token"]]) {
      const late = await present(how, {}, now() - 61);
      expect(await outcome(server, late)).toBe("credentials-expired");
      expect(server.log()).not.toContain(late.password.split(":").at(-1));
    }
    const told = server.log().match(/info\tRefused a login .*/g);
    expect(told).toContain(
      `info\tRefused a login as ${alice}: credentials-expired. The program's log says why`,
    );
    expect(told).toContain(
      "info\tRefused a login with a token: credentials-expired. The program's log says why",
    );
  });

  describe.each(ways)("by %s", (way) => {
    test.each(eachPresentation)("binds the JID of a credential (%s)", async (_, how) => {
      expect(await outcome(server.by[way], await present(how))).toBe(alice);
      const elsewhere = await present(how, { jid: "bob@other.example" });
      expect(await outcome(server.by[way], elsewhere)).toBe("bob@other.example");
    });

    test("takes a JWT of 4 KB", async () => {
      const times = { iat: now(), exp: now() + 60 };
      const claims = { sub: alice, jid: alice, aud: host, scope: "sasl_auth", ...times };
      const header = { alg: "HS256", kid: "jwt" };
      const password = hmacToken(secretOfJwts, header, { ...claims, groups: "x".repeat(3000) });
      expect(password.length).toBeGreaterThan(4096);
      const minted = { ...(await mint({ key: "jwt" })), password };
      for (const mechanism of ["PLAIN", "X-OAUTH2", "OAUTHBEARER"]) {
        expect(await outcome(server.by[way], { ...minted, mechanism })).toBe(alice);
      }
    });
  });

  describe.each(eachPresentation)("refuses, presented as %s,", (_, how) => {
    const attempt = async (change: object, request: Partial<MintRequest> = {}, at = now()) =>
      outcome(server, { ...(await present(how, request, at)), ...change });

    test("what has expired", async () => {
      expect(await attempt({}, {}, now() - 61)).toBe("credentials-expired");
    });

    test("what was tampered with", async () => {
      const { password } = await present(how);
      const middle = password.length - 10;
      const swapped = password[middle] === "A" ? "B" : "A";
      const tampered = `${password.slice(0, middle)}${swapped}${password.slice(middle + 1)}`;
      expect(await attempt({ password: tampered })).toBe("not-authorized");
    });

    test("another host", async () => {
      expect(await attempt({ jid: "alice@other.example", authzid: undefined })).toBe(
        "not-authorized",
      );
    });

    test("an authzid that is not its own", async () => {
      for (const authzid of ["bob@example.org", "alice@other.example", `${alice}/phone`, host]) {
        expect(await attempt({ authzid })).toBe("invalid-authzid");
      }
      expect(await attempt({ authzid: "ALICE@Example.ORG" })).toBe(alice);
    });

    test("what was taken back", async () => {
      // Two MACs of one user that expire in the same second are the same.
      const jid = `carol${Object.values(presentations).indexOf(how)}@example.org`;
      const minted = await present(how, { jid, ttl: 59 });
      expect(await outcome(server, minted)).toBe(jid);
      const secret =
        how === presentations["PLAIN, MojoAuth username and authzid"]
          ? `${minted.username}:${minted.password}`
          : minted.password;
      const revoke = ["revoke", "--credential", "-", "--config", program.config];
      expect(mayfly(revoke, { input: secret }).status).toBe(0);
      expect(await outcome(server, minted)).toBe("account-disabled");
    });
  });

  test.each(["PLAIN, inline", "PLAIN, JWT", "X-OAUTH2, token", "X-OAUTH2, JWT"] as const)(
    "refuses another user's name, presented as %s",
    async (name) => {
      const minted = await present(presentations[name]);
      expect(await outcome(server, { ...minted, username: "bob" })).toBe("not-authorized");
    },
  );

  test("refuses a MojoAuth username that names another user", async () => {
    const minted = await present(presentations["PLAIN, MojoAuth username and authzid"]);
    const username = minted.username.replace("alice", "bob");
    expect(await outcome(server, { ...minted, username })).toBe("not-authorized");
  });

  describe("reads the message of", () => {
    let token: string;
    let inline: string;
    let refused: string;

    beforeAll(async () => {
      token = (await mint({ present: "token" })).password;
      inline = (await mint()).password;
      refused = (await mint({ present: "token" }, now() - 61)).password;
    });
    const say = (mechanism: string, message: string) =>
      saslOutcome(server, host, mechanism, message);

    test("PLAIN, with the name as a localpart or bare JID, prepared or not", async () => {
      for (const username of ["alice", "ALICE", alice, "Alice@EXAMPLE.org"]) {
        expect(await say("PLAIN", encodePlain({ username, password: inline }))).toBe(alice);
      }
      for (const username of ["alice@other.example", `${alice}/phone`, "al:ice", "a b", "@"]) {
        expect(await say("PLAIN", encodePlain({ username, password: inline }))).toBe(
          "not-authorized",
        );
      }
    });

    test("X-OAUTH2, with whatever clients put in the place of the name", async () => {
      for (const username of ["alice", alice]) {
        expect(await say("X-OAUTH2", encodeXOAuth2({ username, password: token }))).toBe(alice);
      }
      expect(await say("X-OAUTH2", `\0\0${token}`)).toBe(alice);
    });

    test("OAUTHBEARER, with what RFC 7628 allows", async () => {
      expect(await say("OAUTHBEARER", encodeOAuthBearer({ token }))).toBe(alice);
      expect(await say("OAUTHBEARER", encodeOAuthBearer({ token, authzid: alice }))).toBe(alice);
      const addressed = `n,,\x01host=xmpp.example.net\x01port=5222\x01auth=Bearer ${token}\x01\x01`;
      expect(await say("OAUTHBEARER", addressed)).toBe(alice);
      expect(await say("OAUTHBEARER", `y,,\x01auth=Bearer ${token}\x01\x01`)).toBe(alice);
      const spelled = `n,,\x01mtu=9\x01auth=bearer   ${token}\x01port=1\x01\x01`;
      expect(await say("OAUTHBEARER", spelled)).toBe(alice);
    });

    test("OAUTHBEARER, and an authzid with a comma and an equals sign", async () => {
      const jid = "a=b+c@example.org";
      const { password } = await mint({ jid, present: "token" });
      const message = encodeOAuthBearer({ token: password, authzid: jid });
      expect(message).toContain("a=a=3Db+c@");
      expect(await say("OAUTHBEARER", message)).toBe(jid);
      const other = encodeOAuthBearer({ token: password, authzid: "a,b+c@example.org" });
      expect(await say("OAUTHBEARER", other)).toMatch(/^challenge:/);
    });

    test.each([
      ["PLAIN", () => "alice"],
      ["PLAIN", () => `\0alice`],
      ["PLAIN", () => `\0\0${inline}`],
      ["PLAIN", () => `\0alice\0`],
      ["PLAIN", () => `\0alice\0${inline}\0`],
      ["X-OAUTH2", () => token],
      ["X-OAUTH2", () => `\0alice\0`],
      ["X-OAUTH2", () => `\0alice\0${token}\0`],
      ["OAUTHBEARER", () => token],
      ["OAUTHBEARER", () => `auth=Bearer ${token}\x01\x01`],
      ["OAUTHBEARER", () => `n,\x01auth=Bearer ${token}\x01\x01`],
      ["OAUTHBEARER", () => `p=tls-unique,,\x01auth=Bearer ${token}\x01\x01`],
      ["OAUTHBEARER", () => `n,alice,\x01auth=Bearer ${token}\x01\x01`],
      ["OAUTHBEARER", () => `n,a=,\x01auth=Bearer ${token}\x01\x01`],
      ["OAUTHBEARER", () => `n,a=al=ice,\x01auth=Bearer ${token}\x01\x01`],
      ["OAUTHBEARER", () => `n,,\x01auth=Bearer ${token}\x01`],
      ["OAUTHBEARER", () => `n,,\x01auth=Bearer ${token}`],
      ["OAUTHBEARER", () => `n,,\x01auth=Bearer ${token}\x01\x01\x01`],
      ["OAUTHBEARER", () => `n,,\x01auth\x01\x01`],
      ["OAUTHBEARER", () => `n,,\x01auth=Bearer x\x01auth=Bearer ${token}\x01\x01`],
      ["OAUTHBEARER", () => `n,,\x01host=\0\x01auth=Bearer ${token}\x01\x01`],
    ])("%s as malformed where it is", async (mechanism, message) => {
      expect(await say(mechanism, message())).toBe("malformed-request");
    });

    test.each(["", "Basic x", "Bearer", "Bearer x y"])(
      "OAUTHBEARER with no bearer token (%j), and says what is wrong before it fails",
      async (auth) => {
        await inStream(async (stream) => {
          const message = `n,,\x01auth=${auth}\x01\x01`;
          expect(await stream.authenticate("OAUTHBEARER", message)).toBe(
            'challenge:{"status":"invalid_token"}',
          );
          expect(await stream.respond("\x01")).toBe("not-authorized");
        });
      },
    );

    test("OAUTHBEARER, and keeps the condition for after the challenge", async () => {
      await inStream(async (stream) => {
        const message = encodeOAuthBearer({ token: refused });
        expect(await stream.authenticate("OAUTHBEARER", message)).toMatch(/^challenge:/);
        // Whatever a client answers, it is refused.
        expect(await stream.respond(encodeOAuthBearer({ token }))).toBe("credentials-expired");
        expect(await stream.authenticate("OAUTHBEARER", encodeOAuthBearer({ token }))).toBe(
          "success",
        );
      });
    });

    test("any mechanism when it comes after the prompt for it", async () => {
      for (const [mechanism, message] of [
        ["PLAIN", encodePlain({ username: "alice", password: inline })],
        ["X-OAUTH2", encodeXOAuth2({ username: "alice", password: token })],
        ["OAUTHBEARER", encodeOAuthBearer({ token })],
      ] as const) {
        await inStream(async (stream) => {
          expect(await stream.authenticate(mechanism)).toBe("challenge:");
          expect(await stream.respond(message)).toBe("success");
        });
        await inStream(async (stream) => {
          expect(await stream.authenticate(mechanism, "")).toBe("challenge:");
          expect(await stream.respond("")).toBe("malformed-request");
        });
      }
    });

    test("a client that tries again on the same stream", async () => {
      await inStream(async (stream) => {
        const old = encodeXOAuth2({ username: "alice", password: refused });
        expect(await stream.authenticate("X-OAUTH2", old)).toBe("credentials-expired");
        const good = encodePlain({ username: "alice", password: inline });
        expect(await stream.authenticate("PLAIN", good)).toBe("success");
      });
    });

    async function inStream(
      talk: (stream: Awaited<ReturnType<typeof openRawStream>>) => Promise<void>,
    ): Promise<void> {
      const stream = await openRawStream(server, host);
      try {
        await stream.open();
        await talk(stream);
      } finally {
        await stream.close();
      }
    }
  });

  test("writes no credential to its log", async () => {
    const minted = await mint({ present: "token" });
    await outcome(server, { ...minted, mechanism: "X-OAUTH2" });
    await outcome(server, { ...minted, password: `${minted.password}x`, mechanism: "OAUTHBEARER" });
    const log = server.log();
    expect(log).toContain("Authenticated as");
    expect(log).not.toContain(minted.password.split(":")[2]);
    expect(log).not.toContain(Buffer.from(minted.password).toString("base64").slice(8, -8));
  });
});

describeWith("prosody")("Prosody that knows an identity provider", () => {
  const { privateKey, publicKey } = pemPair("ES256");
  const jwk = createPublicKey(publicKey).export({ format: "jwk" });
  const set = join(mkdtempSync(join(tmpdir(), "mayfly-issuer-")), "jwks.json");
  writeFileSync(set, JSON.stringify({ keys: [jwk] }));
  const iss = "https://id.example.com";
  const issuer = { issuer: iss, jwks: `file:${set}`, algorithms: ["ES256"], audience: host };

  let program: Program;
  beforeAll(async () => {
    program = makeProgram({ issuers: [issuer] });
    await program.start();
  });
  afterAll(async () => {
    await program?.end();
    rmSync(dirname(set), { recursive: true });
  });

  test("lets its users in where there is no key of ours", async () => {
    const server = await startProsody({ hosts: [host], socket: program.path });
    try {
      const claims = { iss, aud: host, sub: "alice", iat: now(), exp: now() + 60 };
      const signed = await signedToken(createPrivateKey(privateKey), { alg: "ES256" }, claims);
      const say = (token: string) =>
        saslOutcome(server, host, "OAUTHBEARER", encodeOAuthBearer({ token }));
      expect(await say(signed)).toBe(alice);
      expect(await say((await mint({ present: "token" })).password)).toMatch(/^challenge:/);
    } finally {
      await server.stop();
    }
  });

  test.each(["https://id.example.com", "https://id.example.com/"])(
    "names its configuration where OAUTHBEARER is refused: mayfly_issuer = %j",
    async (issuer) => {
      const options = `mayfly_issuer = ${JSON.stringify(issuer)}`;
      const server = await startProsody({ hosts: [host], socket: program.path, options });
      const stream = await openRawStream(server, host);
      try {
        await stream.open();
        // The first is a client that asks where to get a token (RFC 7628 section 4.3, XEP-0493).
        for (const auth of ["", "Bearer wrong"]) {
          const message = `n,,\x01auth=${auth}\x01\x01`;
          const answer = await stream.authenticate("OAUTHBEARER", message);
          expect(JSON.parse(answer.replace("challenge:", ""))).toEqual({
            status: "invalid_token",
            "openid-configuration": "https://id.example.com/.well-known/openid-configuration",
          });
          expect(await stream.respond("\x01")).toBe("not-authorized");
        }
      } finally {
        await stream.close();
        await server.stop();
      }
    },
  );

  test("does not start with one that is not asked over TLS", async () => {
    const options = 'mayfly_issuer = "http://id.example.com"';
    await expect(startProsody({ hosts: [host], options })).rejects.toThrow(
      'mayfly_issuer must begin with "https://"',
    );
  });
});

describeWith("prosody")("Prosody without TLS", () => {
  /** The mechanisms that a plain connection is offered, and what one of them brings. */
  async function overPlainTcp(options: string): Promise<[string[], string]> {
    const program = makeProgram({ keys });
    const plaintext = `c2s_require_encryption = false\n${options}`;
    let server: Prosody | undefined;
    try {
      await program.start();
      server = await startProsody({ hosts: [host], socket: program.path, options: plaintext });
      const { password } = await mint();
      return await plaintextLogin(server.port, host, encodePlain({ username: "alice", password }));
    } finally {
      await server?.stop();
      await program.end();
    }
  }

  test("offers no login and takes none, as the sample has it", async () => {
    expect(await overPlainTcp("")).toEqual([[], "encryption-required"]);
  });

  test("offers no login and takes none, with Prosody's defaults", async () => {
    const lists = 'insecure_sasl_mechanisms = { "LOGIN" }';
    expect(await overPlainTcp(lists)).toEqual([[], "invalid-mechanism"]);
  });

  test("would offer them where it is opted in: the tests above can tell", async () => {
    const optIn = "allow_unencrypted_plain_auth = true\ninsecure_sasl_mechanisms = {}";
    const [offered, answer] = await overPlainTcp(optIn);
    expect(offered.sort()).toEqual(["OAUTHBEARER", "PLAIN", "X-OAUTH2"]);
    expect(answer).toBe("success");
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint as mintWith } from "../../src/mint/index.ts";
import { mayfly } from "../support/cli/run-cli.ts";
import { makeProgram, type Program } from "../support/cli/socket-program.ts";
import { exchangeOutcome } from "../support/clients/raw-login.ts";
import type { Names } from "../support/clients/sasl/sasl-mechanisms.ts";
import { type ScramBinding, scram } from "../support/clients/sasl/scram.ts";
import { openTcpSasl, type TcpSasl } from "../support/clients/sasl/tcp-sasl.ts";
import { slixmppOutcome } from "../support/clients/slixmpp/slixmpp.ts";
import { logIn, outcome } from "../support/clients/xmpp-client.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const host = "example.org";
const alice = `alice@${host}`;
const north = { id: "north", secret: "the secret of the logins by SCRAM" };
const south = { id: "south", secret: "the secret of before" };
const now = () => Math.floor(Date.now() / 1000);
const mechanisms = ["SCRAM-SHA-1", "SCRAM-SHA-256"];
const bound = mechanisms.map((name) => `${name}-PLUS`);

/** A credential with a MojoAuth username. */
function mint(request: Partial<MintRequest> = {}, at = now(), key = north) {
  const fields = { jid: alice, ttl: 60, present: "authzid", ...request } as const;
  return mintWith(fields, { keyring: new Keyring([key]), now: at });
}

const secrets = mkdtempSync(join(tmpdir(), "mayfly-scram-"));
const files = [south, north].map(({ id, secret }) => {
  const file = join(secrets, `${id}.key`);
  writeFileSync(file, `${secret}\n`);
  return file;
});
afterAll(() => rmSync(secrets, { recursive: true }));

describeWith("prosody", "slixmpp").each(["by socket", "stand-alone"])("SCRAM %s", (way) => {
  let program: Program | undefined;
  let server: Prosody;

  beforeAll(async () => {
    const hosts = [host, "other.example"];
    if (way === "stand-alone") {
      const list = files.map((file) => JSON.stringify(file)).join(", ");
      const options = `mayfly_secret_files = { ${list} }\nmayfly_scram = true`;
      server = await startProsody({ hosts, options });
      return;
    }
    const keys = [south, north].map((key) => ({ ...key, state: "verify" }));
    program = makeProgram({
      keys,
      store: "lmdb:state",
      hosts: { [host]: { scram: true }, "other.example": { scram: true } },
    });
    await program.start();
    server = await startProsody({ hosts, socket: program.path, options: "mayfly_scram = true" });
  });
  afterAll(async () => {
    await server?.stop();
    await program?.end();
  });

  const names = async (request?: Partial<MintRequest>, at?: number, key = north) => {
    const { username, password, authzid = "" } = await mint(request, at, key);
    return { authcid: username, authzid, secret: password, host };
  };

  /** Logs in with a raw client over TLS: the JID, or why not. */
  async function rawOutcome(names: Names, mechanism = "SCRAM-SHA-1"): Promise<string> {
    return exchangeOutcome(server, names.host, async (stream) => {
      const { outcome } = await scram(stream, mechanism, names);
      return outcome;
    });
  }

  async function overTcp<T>(
    talk: (stream: TcpSasl) => Promise<T>,
    version?: "TLSv1.2" | "TLSv1.3",
  ): Promise<T> {
    const stream = await openTcpSasl(server, host, version);
    try {
      return await talk(stream);
    } finally {
      stream.close();
    }
  }

  test("is what @xmpp/client logs in by where it has a MojoAuth username", async () => {
    const said: string[] = [];
    const xmpp = await logIn(server, await mint(), (element) => said.push(String(element)));
    expect(String(xmpp.jid?.bare())).toBe(alice);
    await xmpp.stop();
    expect(said.join("\n")).toMatch(/<mechanism>SCRAM-SHA-1<\/mechanism>.*<challenge.*<success/s);
    for (const url of [server.by.xmpp, server.by.xmpps])
      expect(await outcome(url, await mint())).toBe(alice);
    const inline = await mint({ present: "inline" });
    expect(await outcome(server, inline)).toBe(alice);
  });

  test("is what slixmpp logs in by, bound to the connection or not", async () => {
    const { version } = server;
    for (const mechanism of mechanisms) {
      expect(await slixmppOutcome(server, await mint(), `${mechanism}-PLUS`, "TLSv1_2")).toBe(
        alice,
      );
    }
    if (version.startsWith("0.12")) {
      // It says "y": it could bind, and is not offered to by TLS 1.3.
      expect(await slixmppOutcome(server, await mint(), "SCRAM-SHA-1", "TLSv1_3")).toBe(alice);
      expect(await slixmppOutcome(server, await mint(), "SCRAM-SHA-256", "TLSv1_3")).toBe(alice);
    }
    const late = await mint({}, now() - 61);
    expect(await slixmppOutcome(server, late, "SCRAM-SHA-1-PLUS", "TLSv1_2")).toBe(
      "credentials-expired",
    );
  });

  describe.each(mechanisms)("by %s", (mechanism) => {
    test("binds the JID, and proves to the client that the server has the MAC too", async () => {
      await overTcp(async (stream) => {
        expect(stream.offered).toEqual(expect.arrayContaining(["PLAIN", ...mechanisms]));
        const { outcome, expected = "" } = await scram(stream, mechanism, await names());
        expect(outcome).toBe("success");
        expect(stream.transcript()).toContain(Buffer.from(expected).toString("base64"));
        expect(await stream.bind()).toBe(alice);
      });
    });

    test("takes each key's credentials, and each host's own", async () => {
      expect(await rawOutcome(await names({}, now(), south), mechanism)).toBe(alice);
      const bob = await names({ jid: "bob@other.example" });
      expect(await rawOutcome({ ...bob, host: "other.example" }, mechanism)).toBe(
        "bob@other.example",
      );
      expect(await rawOutcome({ ...bob, authzid: "" }, mechanism)).toBe("not-authorized");
    });

    test("binds a localpart that is not ASCII, or has a sign that SCRAM escapes", async () => {
      for (const jid of [`jürgen@${host}`, `a=b@${host}`]) {
        expect(await rawOutcome(await names({ jid }), mechanism)).toBe(jid);
      }
    });

    test("refuses what was tampered with", async () => {
      const good = await names();
      const later = `${Number.parseInt(good.authcid, 10) + 1}${good.authcid.slice(10)}`;
      const bob = good.authcid.replace("alice", "bob");
      const secret = good.secret.replace(/^./, (first) => (first === "A" ? "B" : "A"));
      for (const change of [{ authcid: later }, { authcid: bob, authzid: "" }, { secret }]) {
        expect(await rawOutcome({ ...good, ...change }, mechanism)).toBe("not-authorized");
      }
      for (const authcid of [
        "alice",
        alice,
        good.authcid.slice(0, 10),
        `${good.authcid.slice(0, 10)}:`,
      ]) {
        expect(await rawOutcome({ ...good, authcid }, mechanism)).toBe("not-authorized");
      }
    });

    test("refuses what lives too long", async () => {
      expect(await rawOutcome(await names({}, now() + 86_400), mechanism)).toBe("not-authorized");
    });

    test("refuses an identity that is not its own", async () => {
      const good = await names();
      for (const authzid of [`bob@${host}`, "alice@other.example", `${alice}/phone`, host]) {
        expect(await rawOutcome({ ...good, authzid }, mechanism)).toBe("invalid-authzid");
      }
      expect(await rawOutcome({ ...good, authzid: "ALICE@Example.ORG" }, mechanism)).toBe(alice);
    });

    test("says that a credential has expired before it looks at any proof", async () => {
      await overTcp(async (stream) => {
        const { outcome, said } = await scram(stream, mechanism, await names({}, now() - 61));
        expect(outcome).toBe("credentials-expired");
        expect(said).toHaveLength(1);
        expect((await scram(stream, mechanism, await names())).outcome).toBe("success");
      });
    });

    test("leaves nothing on the wire that logs in a second time", async () => {
      const good = await names();
      const { said, transcript } = await overTcp(async (stream) => {
        const { outcome, said } = await scram(stream, mechanism, good);
        expect(outcome).toBe("success");
        return { said, transcript: stream.transcript() };
      });
      const texts = [...transcript.matchAll(/>([\w+/=]{8,})</g)].map(([, it = ""]) =>
        Buffer.from(it, "base64").toString("latin1"),
      );
      expect(texts.join("\n")).toContain(said[1]);
      const mac = Buffer.from(good.secret, "base64").toString("latin1");
      for (const text of [transcript, ...texts]) {
        expect(text).not.toContain(good.secret);
        expect(text).not.toContain(mac);
      }
      const [first = "", final = ""] = said;
      await overTcp(async (stream) => {
        expect(await stream.authenticate(mechanism, first)).toMatch(/^challenge:/);
        expect(await stream.respond(final)).toBe("malformed-request"); // another nonce
      });
      // Nor with the nonce of now, nor as a password.
      await overTcp(async (stream) => {
        const challenge = await stream.authenticate(mechanism, first);
        const nonce = /r=([^,]+)/.exec(challenge)?.[1];
        expect(await stream.respond(final.replace(/r=[^,]+/, `r=${nonce}`))).toBe("not-authorized");
        const parts = [/p=(.*)/.exec(final)?.[1], /s=([^,]+)/.exec(texts.join())?.[1]];
        for (const part of parts) {
          const plain = `\0${good.authcid}\0${part}`;
          expect(await stream.authenticate("PLAIN", plain)).toBe("not-authorized");
        }
      });
    });

    test.each([
      ["no comma", () => "n"],
      ["no nonce", (it: string) => it.replace(/,r=.*/, "")],
      ["an empty nonce", (it: string) => it.replace(/r=.*/, "r=")],
      ["no name", (it: string) => it.replace(/n=[^,]*,r=/, "r=")],
      ["an empty name", (it: string) => it.replace(/n=[^,]*,r=/, "n=,r=")],
      ["a name escaped otherwise", (it: string) => it.replace("n=1", "n==311")],
      ["a mandatory extension", (it: string) => it.replace("n=1", "m=x,n=1")],
      ["an empty authzid", (it: string) => it.replace("n,,", "n,a=,")],
      ["an authzid of no name", (it: string) => it.replace("n,,", "n,alice,")],
      ["a flag that there is none", (it: string) => it.replace("n,,", "x,,")],
      ["a binding, where none is negotiated", (it: string) => it.replace("n,,", "p=tls-unique,,")],
    ])("refuses a first message with %s as malformed", async (_, change) => {
      await overTcp(async (stream) => {
        const { authcid } = await names();
        const first = change(`n,,n=${authcid},r=abcdef`);
        expect(await stream.authenticate(mechanism, first)).toBe("malformed-request");
        const good = await stream.authenticate(mechanism, `n,,n=${authcid},r=abcdef,x=ignored`);
        expect(good).toMatch(/^challenge:r=abcdef[\w+/=]{24},s=[\w+/=]{24},i=4096$/);
        expect(await stream.respond("")).toBe("malformed-request");
      });
    });

    test.each([
      ["no proof", (it: string) => it.replace(/,p=.*/, "")],
      ["a proof that is no base64", (it: string) => it.replace(/p=.*/, "p=!")],
      ["another header", (it: string) => it.replace("c=biws", "c=eSws")],
      ["another nonce", (it: string) => it.replace(/r=./, "r=_")],
      ["a proof cut short", (it: string) => it.replace(/p=.*/, "p=AAAA"), "not-authorized"],
      ["an empty proof", (it: string) => it.replace(/p=.*/, "p="), "not-authorized"],
    ])("refuses a final message with %s", async (_, change, condition = "malformed-request") => {
      await overTcp(async (stream) => {
        const respond = (text: string) => stream.respond(change(text));
        const changed = { authenticate: stream.authenticate, respond };
        const { outcome } = await scram(changed, mechanism, { ...(await names()), authzid: "" });
        expect(outcome).toBe(condition);
      });
    });
  });

  describe("that is bound to its connection", () => {
    /** The newest TLS by which this Prosody binds, and how. */
    const binding = ({ socket }: TcpSasl): ScramBinding => {
      if (!server.version.startsWith("0.12")) {
        const data = socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
        return { flag: "p=tls-exporter", data };
      }
      return { flag: "p=tls-unique", data: socket.getFinished() as Buffer };
    };
    const tls = () => (server.version.startsWith("0.12") ? "TLSv1.2" : "TLSv1.3");

    test.each(bound)("logs in by %s, also when it has failed before", async (mechanism) => {
      await overTcp(async (stream) => {
        expect(stream.offered).toContain(mechanism);
        const late = await names({}, now() - 61);
        const { outcome } = await scram(stream, mechanism, late, binding(stream));
        expect(outcome).toBe("credentials-expired");
        const again = await scram(stream, mechanism, await names(), binding(stream));
        expect(again.outcome).toBe("success");
        expect(await stream.bind()).toBe(alice);
      }, tls());
    });

    test.each(bound)("is refused over another connection (%s)", async (mechanism) => {
      await overTcp(async (other) => {
        await overTcp(async (stream) => {
          const { outcome } = await scram(stream, mechanism, await names(), binding(other));
          expect(outcome).toBe("malformed-request");
        }, tls());
      }, tls());
    });

    test("is refused where the client was made to believe that it cannot be", async () => {
      await overTcp(async (stream) => {
        const { outcome } = await scram(stream, "SCRAM-SHA-1", await names(), { flag: "y" });
        expect(outcome).toBe("malformed-request");
        // Nor after it has begun anew, which makes Prosody forget its handler.
        await stream.authenticate("SCRAM-SHA-1", `n,,n=${(await names()).authcid},r=abcdef`);
        const again = await scram(stream, "SCRAM-SHA-1", await names(), { flag: "y" });
        expect(again.outcome).toBe("malformed-request");
        // A client that cannot bind says so, and may log in.
        expect((await scram(stream, "SCRAM-SHA-1", await names())).outcome).toBe("success");
      }, tls());
    });

    test.each(["n", "y", "p=tls-none"])("is refused with the flag %j", async (flag) => {
      await overTcp(async (stream) => {
        const { outcome } = await scram(stream, "SCRAM-SHA-1-PLUS", await names(), { flag });
        expect(outcome).toBe("malformed-request");
      }, tls());
    });
  });

  test("writes nothing of it to its log", async () => {
    const { secret, ...rest } = await names();
    await rawOutcome({ secret, ...rest });
    await rawOutcome({ secret: `${secret.slice(1)}A`, ...rest });
    const log = server.log();
    expect(log).toContain("Authenticated as");
    expect(log).not.toContain(secret);
    for (const { secret } of [north, south]) expect(log).not.toContain(secret);
  });

  if (way === "stand-alone") return;

  test("refuses what was taken back, and counts as one login", async () => {
    const minted = await mint({ jid: `carol@${host}` });
    expect(await outcome(server, minted)).toBe(`carol@${host}`);
    const revoke = ["revoke", "--credential", "-", "--config", program?.config ?? ""];
    const input = `${minted.username}:${minted.password}`;
    expect(mayfly(revoke, { input }).status).toBe(0);
    expect(await outcome(server, minted)).toBe("account-disabled");
  });
});

describeWith("prosody")("SCRAM", () => {
  test("is not offered unless mayfly_scram says so, nor taken where the program keeps its MACs", async () => {
    const program = makeProgram({ keys: [north] });
    let server: Prosody | undefined;
    try {
      await program.start();
      server = await startProsody({ hosts: [host], socket: program.path });
      const stream = await openTcpSasl(server, host);
      expect(stream.offered.sort()).toEqual(["OAUTHBEARER", "PLAIN", "X-OAUTH2"]);
      stream.close();
      await server.stop();
      const options = "mayfly_scram = true";
      server = await startProsody({ hosts: [host], socket: program.path, options });
      expect(await outcome(server, await mint())).toBe("not-authorized");
      expect(await outcome(server, { ...(await mint()), mechanism: "PLAIN" })).toBe(alice);
    } finally {
      await server?.stop();
      await program.end();
    }
  });
});

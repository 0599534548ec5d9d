import { connect } from "node:net";
import { connect as secure } from "node:tls";
import { createElement } from "ltx";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  explain,
  host,
  keys,
  mint,
  newUser,
  nextSecond,
  openSession,
  revokedError,
} from "../support/cases/revocation.ts";
import { makeRevokingProgram, type RevokingProgram } from "../support/cli/revoking-program.ts";
import { openBosh } from "../support/clients/bosh.ts";
import { openRawStream } from "../support/clients/raw-stream.ts";
import { authElement, exchange, streamHeader, verdict } from "../support/clients/sasl/exchange.ts";
import {
  type FastToken,
  fastLoginOutcome,
  getFastToken,
  useFastToken,
} from "../support/clients/sasl/sasl2.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const knowsSasl2 = Boolean(process.env.MAYFLY_EJABBERD);
const bind = "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";

describeWith("ejabberd")("ejabberd ends what is revoked", () => {
  let program: RevokingProgram;
  let server: Ejabberd;

  beforeAll(async () => {
    program = await makeRevokingProgram(keys);
    await program.start();
    server = await startEjabberd({
      hosts: [host],
      mayfly: { keys: [] },
      furnish: installModMayfly,
      handlers: { "/bosh": "mod_bosh" },
      ...(knowsSasl2 && { listeners: { ejabberd_http: { allow_unencrypted_sasl2: true } } }),
      options: {
        auth_method: ["mayfly"],
        modules: {
          mod_bosh: {},
          mod_disco: {},
          mod_ping: {},
          mod_stream_mgmt: {},
          ...(knowsSasl2 && { mod_auth_fast: {} }),
          mod_mayfly: { socket: program.path, end_fast_at_expiry: true },
        },
      },
    });
  });
  afterAll(async () => {
    await server?.stop();
    await program?.end();
  });

  test("over TCP, and says why", async () => {
    const alice = newUser();
    const { password } = await mint(alice);
    const socket = connect(server.port, "127.0.0.1");
    try {
      await exchange(socket, streamHeader(host), /<\/stream:features>/);
      await exchange(socket, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", /<proceed/);
      const stream = secure({ socket, ca: server.ca, servername: host });
      await exchange(stream, streamHeader(host), /<\/stream:features>/);
      const login = authElement("PLAIN", `\0${alice.split("@")[0]}\0${password}`);
      expect(await exchange(stream, login, verdict)).toBe("<success");
      await exchange(stream, streamHeader(host), /<\/stream:features>/);
      await exchange(stream, bind, /<\/iq>/);
      const end = exchange(stream, "<presence/>", /<stream:error.*<\/stream:stream>/s);
      await program.revokeUser(alice, "lost <phone>");
      const names = [...(await end).matchAll(/<([a-z:-]+)/g)].map(([, name]) => name);
      expect(names).toEqual(["stream:error", "not-authorized", "text", "revoked"]);
      expect(await end).toContain(
        "lost &lt;phone&gt;</text><revoked xmlns='urn:mayfly:revoked:0'/>",
      );
    } finally {
      socket.destroy();
    }
  });

  test("over BOSH, and says why", async () => {
    const alice = newUser();
    const { password } = await mint(alice);
    const bosh = await openBosh(server, host);
    const text = Buffer.from(`\0${alice.split("@")[0]}\0${password}`).toString("base64");
    const auth = { xmlns: "urn:ietf:params:xml:ns:xmpp-sasl", mechanism: "PLAIN" };
    await bosh.send(createElement("auth", auth, text));
    await bosh.restart();
    const resource = createElement("bind", { xmlns: "urn:ietf:params:xml:ns:xmpp-bind" });
    const iq = createElement("iq", { xmlns: "jabber:client", type: "set", id: "1" }, resource);
    await bosh.send(iq);
    const end = bosh.send();
    await program.revokeUser(alice);
    let body = await end;
    const error = () => body.getChildElements().find(({ name }) => /error$/.test(name));
    while (!error() && body.attrs.type !== "terminate") body = await bosh.send();
    expect(explain(error())).toEqual(revokedError());
  });

  describe.runIf(knowsSasl2)("with FAST:", () => {
    test("no token lives longer than its credential, nor gets a next one", async () => {
      const alice = newUser();
      const { password, expires } = await mint(alice, { ttl: 100 });
      const token = (await getFastToken(server, alice, password)) as FastToken;
      expect(token).toMatchObject({ expires });
      expect(await fastLoginOutcome(server, alice, token)).toBe(alice);
      expect(await fastLoginOutcome(server, alice, token)).toBe(alice);
      const short = await mint(alice, { ttl: 2 });
      const ending = (await getFastToken(server, alice, short.password)) as FastToken;
      await until(() => Date.now() / 1000 > short.expires + 1);
      expect(await fastLoginOutcome(server, alice, ending)).not.toBe(alice);
    });

    test("a token of who is revoked opens nothing, and what it has opened is over", async () => {
      const alice = newUser();
      const { password } = await mint(alice);
      const token = (await getFastToken(server, alice, password)) as FastToken;
      const stream = await openRawStream(server, host, alice);
      // Nobody has told ejabberd yet: the socket is down.
      await program.kill();
      await program.revokeUser(alice);
      await nextSecond(); // the login comes after the revocation
      expect(await useFastToken(stream, alice, token)).toBe("success");
      await program.start();
      const presence = createElement("presence", { xmlns: "jabber:client" });
      expect(explain(await stream.ask(presence, ["stream:error"]))).toEqual(revokedError());
      await stream.close();
      expect(await fastLoginOutcome(server, alice, token)).not.toBe(alice);
    });

    test("a single credential that is revoked takes its user's tokens with it", async () => {
      const alice = newUser();
      const credential = await mint(alice);
      const { xmpp } = await openSession(server, () => credential);
      const token = (await getFastToken(server, alice, credential.password)) as FastToken;
      const report = await program.revokeCredential(credential.password);
      await report();
      expect(await fastLoginOutcome(server, alice, token)).not.toBe(alice);
      await xmpp.stop();
    });
  });
});

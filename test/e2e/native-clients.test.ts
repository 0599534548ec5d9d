import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Keyring, type MintRequest, mint as mintWith } from "../../src/index.ts";
import { makeProgram } from "../support/cli/socket-program.ts";
import {
  type NativeClient,
  type NativeName,
  nativeClients,
  prepareNative,
  type ReadyClient,
} from "../support/clients/native-client.ts";
import { saslOutcome } from "../support/clients/raw-login.ts";
import type { Service } from "../support/clients/xmpp-client.ts";
import { now } from "../support/clock.ts";
import { makeCertificate } from "../support/machine/certificate.ts";
import { startEjabberd } from "../support/servers/ejabberd.ts";
import { startLookup } from "../support/servers/http/oauth-lookup-server.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { startProsody } from "../support/servers/prosody.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret of the native clients" }];
const keyring = new Keyring(keys);
const host = "example.org";
const mint = (request: MintRequest, at = now()) =>
  mintWith({ ttl: 60, ...request }, { keyring, now: at });

/** A server as native clients reach it: over TCP. */
interface NativeServer extends Service {
  port: number;
  mqttPort?: number;
  stop(): Promise<void>;
}

const servers = {
  async ejabberd(): Promise<NativeServer> {
    const lookup = await startLookup(keys);
    const server = await startEjabberd({
      hosts: [host],
      mayfly: { keys },
      sample: "ejabberd-x-oauth2.yml",
      furnish: installModMayfly,
      options: lookup.options,
    });
    const stop = async () => {
      await server.stop();
      await lookup.stop();
    };
    return { ...server, stop };
  },
  async prosody(): Promise<NativeServer> {
    const program = makeProgram({ keys });
    await program.start();
    const server = await startProsody({ hosts: [host], socket: program.path });
    const stop = async () => {
      await server.stop();
      await program.end();
    };
    return { ...server, stop };
  },
};

/** What a client prints when it is in, and when it is refused. */
const outcomes: Record<NativeName, { isIn: (jid: string) => string; refused: RegExp }> = {
  slixmpp: { isIn: (jid) => jid, refused: /^(not-authorized|credentials-expired)$/ },
  aioxmpp: { isIn: (jid) => jid, refused: /^refused: / },
  libstrophe: { isIn: (jid) => `logged in as ${jid}/`, refused: /^status 0$/ },
  gloox: { isIn: (jid) => jid, refused: /^refused$/ },
  mosquitto: { isIn: () => "status 0", refused: /^status 5$/ },
};

/** A certificate that no server shows. */
let elsewhere: string;
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-elsewhere-"));
  elsewhere = makeCertificate(folder, [host]).pem;
  rmSync(folder, { recursive: true });
});

for (const [server, start] of Object.entries(servers)) {
  describeWith(server as keyof typeof servers, "oauth2")(`native clients, with ${server}`, () => {
    let running: NativeServer;
    beforeAll(async () => {
      running = await start();
    });
    afterAll(() => running?.stop());

    for (const name of Object.keys(nativeClients) as NativeName[]) {
      if (name === "mosquitto" && server !== "ejabberd") continue; // Prosody has no MQTT
      const client: NativeClient = nativeClients[name];
      const { isIn, refused } = outcomes[name];
      describeWith(...client.needs)(name, () => {
        let ready: ReadyClient;
        beforeAll(async () => {
          const port = name === "mosquitto" ? (running.mqttPort ?? 0) : running.port;
          ready = await prepareNative(client, { ...running, port });
        });
        afterAll(() => ready?.remove());

        test("logs in with a minted credential, and with no other", async () => {
          const jid = `${name}@${host}`;
          const { password } = await mint({ jid });
          expect(await ready.outcome(jid, password)).toContain(isIn(jid));
          const { password: old } = await mint({ jid }, now() - 62);
          expect(await ready.outcome(jid, old)).toMatch(refused);
          expect(await ready.outcome(`other@${host}`, password)).toMatch(refused);
        });

        if (server !== "ejabberd") return; // the rest is the client's alone
        test("gives no credential to a server that it does not trust", async () => {
          const jid = `${name}-trusts@${host}`;
          const { password } = await mint({ jid });
          const said = await ready.outcome(jid, password, elsewhere);
          expect(said).not.toContain(isIn(jid));
          expect(said).not.toMatch(name === "libstrophe" ? /logged in/ : refused);
        });
      });
    }

    describe("the bytes of go-xmpp and Smack", () => {
      const send = (mechanism: string, password: string) =>
        saslOutcome(running, host, mechanism, `\0alice\0${password}`);

      test.each(["PLAIN", "X-OAUTH2"])("log in by %s", async (mechanism) => {
        const jid = `alice@${host}`;
        const present = mechanism === "PLAIN" ? "inline" : "token";
        const { password } = await mint({ jid, present });
        const { password: old } = await mint({ jid, present }, now() - 62);
        expect(await send(mechanism, password)).toBe(jid);
        expect(await send(mechanism, old)).toMatch(/not-authorized|credentials-expired/);
      });
    });
  });
}

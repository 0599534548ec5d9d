import { afterAll, beforeAll, expect, test } from "vitest";
import type { MintedCredential } from "../../src/client/index.ts";
import type { Service as Opened } from "../../src/credential/index.ts";
import { mayfly } from "../support/cli/run-cli.ts";
import { makeProgram, type Program } from "../support/cli/socket-program.ts";
import { mqttOutcome } from "../support/clients/mqtt.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { now } from "../support/clock.ts";
import { type Coturn, startCoturn } from "../support/servers/coturn.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { type Kamailio, startKamailio } from "../support/servers/kamailio.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { registration } from "../support/sip/phone.ts";
import { allocation } from "../support/sip/turn-client.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const host = "example.org";
const alice = `alice@${host}`;
const secret = "the secret that every server knows";
const keys = [{ id: "north", secret }];

/** One credential, as XMPP, SIP and TURN take it. */
type Minted = Record<Opened, MintedCredential>;

describeWith(
  "ejabberd",
  "prosody",
  "kamailio",
  "kamailioTls",
  "coturn",
)("ejabberd, Prosody, Kamailio and coturn", () => {
  let program: Program;
  let ejabberd: Ejabberd;
  let prosody: Prosody;
  let kamailio: Kamailio;
  let coturn: Coturn;

  beforeAll(async () => {
    program = makeProgram({ keys });
    const mqtt = { handlers: { "/mqtt": "mod_mqtt" }, options: { modules: { mod_mqtt: {} } } };
    await Promise.all([
      program
        .start()
        .then(() => startProsody({ hosts: [host], socket: program.path }))
        .then((it) => {
          prosody = it;
        }),
      startEjabberd({ hosts: [host], mayfly: { keys }, ...mqtt }).then((it) => {
        ejabberd = it;
      }),
      startKamailio({ secrets: [secret], domains: [host] }).then((it) => {
        kamailio = it;
      }),
      startCoturn({ secrets: [secret] }).then((it) => {
        coturn = it;
      }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([prosody, ejabberd, kamailio, coturn].map((server) => server?.stop()));
    await program?.end();
  });

  /** What `mayfly mint` prints, once, for everything. */
  function mintForAll(jid: string, ttl: string): Minted {
    const args = ["mint", jid, "--service", "all", "--ttl", ttl, "--json"];
    return JSON.parse(mayfly(args, { env: { MAYFLY_SECRET: secret } }).stdout);
  }

  /** How it ends on each of the servers, for alice. */
  async function everywhere({ xmpp, sip, turn }: Minted): Promise<Record<string, unknown>> {
    const mine = { ...xmpp, jid: alice, username: "alice" };
    return {
      ejabberd: await outcome(ejabberd, mine),
      prosody: await outcome(prosody.by.wss, mine),
      sip: await registration(kamailio.udp, alice, sip),
      turn: await allocation(coturn.udp, turn),
      mqtt: await mqttOutcome(overWebSocket(ejabberd), {
        username: alice,
        password: xmpp.password,
      }),
    };
  }

  const overWebSocket = ({ url, ca }: Ejabberd) => ({ url: url.replace(/ws$/, "mqtt"), ca });

  const letIn = {
    ejabberd: alice,
    prosody: alice,
    sip: "200 OK",
    turn: "allocated",
    mqtt: "connected",
  };

  test("take one and the same credential, until it expired", async ({ task }) => {
    const versions = [ejabberd, prosody, kamailio, coturn].map(({ version }) => version);
    task.meta.spokeTo = `ejabberd, Prosody, Kamailio and coturn ${versions.join(", ")}`;
    const minted = mintForAll(alice, "20s");
    const { xmpp, sip, turn } = minted;
    // It is one: what is between is only how it is written.
    expect(turn).toEqual(sip);
    expect(xmpp.password).toBe(`${sip.expires}:${sip.password}`);
    expect(sip.username).toBe(`${sip.expires}:${alice}`);

    expect(await everywhere(minted)).toEqual(letIn);
    expect(now()).toBeLessThanOrEqual(sip.expires);
    await until(() => Date.now() / 1000 > sip.expires + 1);
    expect(await everywhere(minted)).toEqual({
      ejabberd: "not-authorized",
      prosody: "credentials-expired",
      sip: "401 Unauthorized",
      turn: "401 Unauthorized",
      mqtt: 135,
    });
  });

  test("let nobody in as alice with bob's", async () => {
    const bobs = mintForAll(`bob@${host}`, "60s");
    expect(await everywhere(bobs)).toEqual({
      ejabberd: "not-authorized",
      prosody: "not-authorized",
      sip: "403 Not Your Identity",
      turn: "allocated", // it is good, and coturn knows no users
      mqtt: 135,
    });
  });
});

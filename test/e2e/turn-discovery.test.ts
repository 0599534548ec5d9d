import { readFileSync } from "node:fs";
import { type Client, xml } from "@xmpp/client";
import type { Element } from "ltx";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { now } from "../support/clock.ts";
import { type Coturn, startCoturn } from "../support/coturn.ts";
import { type Ejabberd, startEjabberd } from "../support/ejabberd.ts";
import { logIn } from "../support/login.ts";
import { describeWith } from "../support/needs.ts";
import { type Prosody, startProsody } from "../support/prosody.ts";
import { allocation, type TurnAddress } from "../support/turn-client.ts";

const host = "example.org";
const keys = [{ id: "north", secret: "the secret of XMPP and of TURN" }];
const secrets = keys.map(({ secret }) => secret);
const keyring = new Keyring(keys);
const hour = 3600;

/** What a server offers to those who have logged in (XEP-0215 section 3). */
async function services(xmpp: Client): Promise<Element[]> {
  const query = xml("services", { xmlns: "urn:xmpp:extdisco:2" });
  const answer = await xmpp.iqCaller.request(xml("iq", { type: "get", to: host }, query));
  return answer.getChild("services")?.getChildren("service") ?? [];
}

/** Takes everything that is offered to coturn: how each ends, by where it leads. */
async function allocations(offered: Element[], coturn: Coturn): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const { attrs } of offered.filter(({ attrs }) => attrs.type.startsWith("turn"))) {
    const { type, transport, username, password, expires } = attrs;
    const address: TurnAddress = type === "turns" ? coturn.tls : coturn[transport as "udp" | "tcp"];
    expect({ host: attrs.host, port: Number(attrs.port) }).toEqual({
      host: "127.0.0.1",
      port: address.port,
    });
    expect(Date.parse(expires) / 1000).toBe(Number.parseInt(username, 10));
    expect(Math.abs(Number.parseInt(username, 10) - now() - hour)).toBeLessThan(10);
    expect(username).not.toContain("alice");
    outcomes[`${type}:${transport}`] = await allocation(address, { username, password });
  }
  return outcomes;
}

const everywhere = { "turn:udp": "allocated", "turn:tcp": "allocated", "turns:tcp": "allocated" };

/** A fragment of a server's configuration, for this coturn. */
function fragment(name: string, coturn: Coturn): string {
  return readFileSync(new URL(`../../coturn/${name}`, import.meta.url), "utf8")
    .replaceAll("turn.example.org", "127.0.0.1")
    .replaceAll("3478", `${coturn.udp.port}`)
    .replaceAll("5349", `${coturn.tls.port}`)
    .replaceAll("the secret of a key in mayfly.yml", secrets[0] ?? "");
}

describeWith("coturn", "ejabberd")("ejabberd with mod_stun_disco", () => {
  let coturn: Coturn;
  let server: Ejabberd;

  beforeAll(async () => {
    coturn = await startCoturn({ secrets });
    const sample = readFileSync(new URL("../../ejabberd/ejabberd.yml", import.meta.url), "utf8");
    const more = parse(fragment("mod_stun_disco.yml", coturn));
    const options = { ...more, modules: { ...parse(sample).modules, ...more.modules } };
    server = await startEjabberd({ hosts: [host], mayfly: { keys }, options });
  });
  afterAll(() => Promise.all([server?.stop(), coturn?.stop()]));

  test("hands out what coturn takes", async ({ task }) => {
    task.meta.spokeTo = `ejabberd ${server.version}`;
    const xmpp = await logIn(server, await mint({ jid: `alice@${host}` }, { keyring }));
    expect(await allocations(await services(xmpp), coturn)).toEqual(everywhere);
    await xmpp.stop();
  });
});

describeWith("coturn", "prosody")("Prosody with turn_external", () => {
  let coturn: Coturn;
  let server: Prosody;

  beforeAll(async () => {
    coturn = await startCoturn({ secrets });
    const options = [
      'authentication = "insecure"',
      `insecure_open_authentication = "Yes please, I know what I'm doing!"`,
      `VirtualHost "${host}"`,
      fragment("turn_external.cfg.lua", coturn),
    ];
    server = await startProsody({ hosts: [host], options: options.join("\n") });
  });
  afterAll(() => Promise.all([server?.stop(), coturn?.stop()]));

  test("hands out what coturn takes", async ({ task }) => {
    task.meta.spokeTo = `Prosody ${server.version}`;
    const xmpp = await logIn(server, await mint({ jid: `alice@${host}` }, { keyring }));
    expect(await allocations(await services(xmpp), coturn)).toEqual(everywhere);
    await xmpp.stop();
  });
});

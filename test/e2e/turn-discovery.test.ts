import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, xml } from "@xmpp/client";
import type { Element } from "ltx";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { credentials } from "../../src/http/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { logIn, outcome } from "../support/clients/xmpp-client.ts";
import { now } from "../support/clock.ts";
import { openPage } from "../support/docs/markdown.ts";
import { type Coturn, startCoturn } from "../support/servers/coturn.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { allocation, type TurnAddress } from "../support/sip/turn-client.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

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
    const offered = await services(xmpp);
    expect(await allocations(offered, coturn)).toEqual(everywhere);
    // What is under the MAC: the full JID and the host, each as the beginning of a hash.
    const sha1 = (text: string) => createHash("sha1").update(text).digest("hex").slice(0, 8);
    const id = offered.at(-1)?.attrs.username.split(":")[1];
    expect(id).toBe(sha1(String(xmpp.jid)) + sha1(host));
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

describeWith("coturn", "prosody")("Prosody with mod_mayfly_turn", () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-turn-"));
  let coturn: Coturn;
  let server: Prosody;

  beforeAll(async () => {
    const file = join(folder, "north.key");
    writeFileSync(file, `${secrets[0]}\n`);
    coturn = await startCoturn({ secrets });
    const options = [
      `mayfly_secret_files = { ${JSON.stringify(file)} }`,
      `VirtualHost "${host}"`,
      fragment("mayfly_turn.cfg.lua", coturn).replace("/etc/mayfly/2026-11.key", file),
    ];
    server = await startProsody({ hosts: [host], options: options.join("\n") });
  });
  afterAll(async () => {
    await Promise.all([server?.stop(), coturn?.stop()]);
    rmSync(folder, { recursive: true });
  });

  const enter = async (jid: string) => logIn(server, await mint({ jid }, { keyring }));

  test("hands out what coturn takes, to each user a credential of its own", async ({ task }) => {
    task.meta.spokeTo = `Prosody ${server.version}`;
    for (const [user, id] of [
      ["alice", "alice"],
      ["alice\\20smith", "alice/20smith"],
    ]) {
      const xmpp = await enter(`${user}@${host}`);
      const offered = await services(xmpp);
      // In the order of preference that is set.
      expect(offered.map(({ attrs }) => `${attrs.type}:${attrs.transport}`)).toEqual([
        ...["turn:udp", "turn:tcp", "turns:tcp"],
      ]);
      for (const { attrs } of offered) {
        expect(attrs.username).toMatch(/^\d+:/);
        expect(attrs.username.replace(/^\d+:/, "")).toBe(`${id}@${host}/turn`);
        const { type, transport, username, password, expires } = attrs;
        const address = type === "turns" ? coturn.tls : coturn[transport as "udp" | "tcp"];
        expect(Number(attrs.port)).toBe(address.port);
        expect(Date.parse(expires) / 1000).toBe(Number.parseInt(username, 10));
        expect(Math.abs(Number.parseInt(username, 10) - now() - hour)).toBeLessThan(10);
        expect(await allocation(address, { username, password })).toBe("allocated");
      }
      await xmpp.stop();
    }
  });

  test("answers the request for one service's credentials, too", async () => {
    const xmpp = await enter(`alice@${host}`);
    const service = xml("service", { type: "turns", host: "127.0.0.1" });
    const query = xml("credentials", { xmlns: "urn:xmpp:extdisco:2" }, service);
    const answer = await xmpp.iqCaller.request(xml("iq", { type: "get", to: host }, query));
    const [only, ...others] = answer.getChild("credentials")?.getChildren("service") ?? [];
    expect(others).toEqual([]);
    const { username = "", password = "" } = only?.attrs ?? {};
    expect(await allocation(coturn.tls, { username, password })).toBe("allocated");
    await xmpp.stop();
  });

  test("hands out nothing that logs in to XMPP", async () => {
    const xmpp = await enter(`alice@${host}`);
    const [service] = await services(xmpp);
    await xmpp.stop();
    const { username = "", password: mac = "" } = service?.attrs ?? {};
    const [expiry = ""] = username.split(":");
    const common = { jid: `alice@${host}`, ttl: hour, expires: Number(expiry) };
    for (const credential of [
      { ...common, username: "alice", password: `${expiry}:${mac}` },
      { ...common, username: "alice", password: `${username}:${mac}`, mechanism: "X-OAUTH2" },
      { ...common, username, password: mac, authzid: `alice@${host}` },
      { ...common, username: "alice", password: `${username.replace("/turn", "")}:${mac}` },
    ]) {
      expect(await outcome(server, credential)).toMatch(/^not-authorized$|^invalid-authzid$/);
    }
  });
});

describeWith("coturn")("what an app server hands out", () => {
  let coturn: Coturn;

  beforeAll(async () => {
    coturn = await startCoturn({ secrets });
  });
  afterAll(() => coturn?.stop());

  test("leads to coturn by each URI, the first by UDP and the last by TLS", async () => {
    const settings = parse(openPage("docs/http.md").take("settings"));
    const app = credentials({
      keyring,
      user: () => `alice@${host}`,
      turnUris: settings.http.turn_uris,
    });
    const answer = await app.request("/?service=turn");
    const { username, password, uris } = (await answer.json()) as Record<string, string> & {
      uris: string[];
    };
    expect(uris).toEqual([
      "turn:turn.example.com:3478?transport=udp",
      "turn:turn.example.com:3478?transport=tcp",
      "turns:turn.example.com:5349?transport=tcp",
    ]);
    for (const address of [coturn.udp, coturn.tcp, coturn.tls]) {
      const credential = { username: username as string, password: password as string };
      expect(await allocation(address, credential)).toBe("allocated");
    }
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, xml } from "@xmpp/client";
import type { Element } from "ltx";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { MintedCredential } from "../../src/credential/index.ts";
import { guest } from "../../src/http/index.ts";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { logIn, type Service } from "../support/clients/xmpp-client.ts";
import { openPage } from "../support/docs/markdown.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { installGuard, installModule } from "../support/servers/guard.ts";
import { startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/guests.md");
const ejabberdRules = page.take("ejabberd-rules");
const prosodyRules = page.take("prosody-rules");

const host = "example.org";
const key: KeyInput = { id: "north", secret: "the secret of the end-to-end tests" };
const keyring = new Keyring([key]);
const rooms = `conference.${host}`;
const [lobby, board] = [`lobby@${rooms}`, `board@${rooms}`];

interface Person {
  jid: string;
  xmpp: Client;
  heard: Element[];
}

async function enter(server: Service, credential: MintedCredential): Promise<Person> {
  const xmpp = await logIn(server, credential);
  const heard: Element[] = [];
  xmpp.on("stanza", (stanza) => heard.push(stanza));
  await xmpp.send(xml("presence"));
  return { jid: credential.jid as string, xmpp, heard };
}

async function newGuest(): Promise<MintedCredential> {
  const answer = await guest({ keyring, guests: { host } }).request("/", { method: "POST" });
  return (await answer.json()) as MintedCredential;
}

const joining = (room: string, nick: string) =>
  xml("presence", { to: `${room}/${nick}` }, xml("x", "http://jabber.org/protocol/muc"));
const say = (to: string, text: string, type = "chat") =>
  xml("message", { to, type }, xml("body", {}, text));

/** What comes back to a stanza: the condition of an error, or its type. */
async function answerTo({ xmpp, heard }: Person, stanza: Element): Promise<string> {
  const id = Math.random().toString(36).slice(2);
  stanza.attrs.id = id;
  await xmpp.send(stanza);
  const answer = await until(() => heard.find((it) => it.attrs.id === id));
  const error = answer.getChild("error");
  return error?.getChildElements()[0]?.name ?? String(answer.attrs.type ?? answer.name);
}

const isIn = ({ heard }: Person, room: string) =>
  heard.some(
    (it) =>
      it.is("presence") &&
      String(it.attrs.from).startsWith(`${room}/`) &&
      it
        .getChild("x")
        ?.getChildren("status")
        .some(({ attrs }) => attrs.code === "110"),
  );
const texts = ({ heard }: Person) => heard.flatMap((it) => it.getChildText("body") ?? []);

function behave(start: () => Promise<Service & { stop(): Promise<void> }>): void {
  let server: Service & { stop(): Promise<void> };
  let [alice, visitor, other] = [] as unknown as [Person, Person, Person];

  beforeAll(async () => {
    server = await start();
    alice = await enter(server, await mint({ jid: `alice@${host}`, ttl: 600 }, { keyring }));
    for (const room of [lobby, board]) {
      await alice.xmpp.send(joining(room, "alice"));
      await until(() => isIn(alice, room));
    }
    [visitor, other] = [
      await enter(server, await newGuest()),
      await enter(server, await newGuest()),
    ];
  });
  afterAll(async () => {
    for (const person of [alice, visitor, other]) await person?.xmpp.stop();
    await server?.stop();
  });

  test("a guest enters the room that is named, and talks there", async () => {
    await visitor.xmpp.send(joining(lobby, "visitor"));
    await until(() => isIn(visitor, lobby));
    await visitor.xmpp.send(say(lobby, "hello from a guest", "groupchat"));
    await until(() => texts(alice).includes("hello from a guest"));
  });

  test("a guest reaches nothing else, and nobody hears of it", async () => {
    for (const stanza of [
      say(`alice@${host}`, "unheard"),
      say(alice.xmpp.jid?.toString() ?? "", "unheard"),
      say(other.jid, "unheard"),
      say(`ALICE@${host.toUpperCase()}`, "unheard"),
      say("alice@other.example", "unheard"),
      say(board, "unheard", "groupchat"),
      xml("presence", { to: `alice@${host}`, type: "subscribe" }),
      joining(board, "visitor"),
      joining(`new@${rooms}`, "visitor"),
      xml("iq", { to: `alice@${host}`, type: "get" }, xml("vCard", "vcard-temp")),
      xml("iq", { to: rooms, type: "get" }, xml("query", "http://jabber.org/protocol/disco#items")),
    ]) {
      expect(await answerTo(visitor, stanza), String(stanza)).toBe("forbidden");
    }
    // What is sent last comes last.
    await other.xmpp.send(joining(lobby, "other"));
    await until(() => isIn(other, lobby));
    await other.xmpp.send(say(lobby, "the last", "groupchat"));
    await until(() => texts(alice).includes("the last"));
    expect(texts(alice)).not.toContain("unheard");
    expect(texts(other)).not.toContain("unheard");
    const asked = alice.heard.filter(({ attrs }) => attrs.type === "subscribe");
    expect(asked).toEqual([]);
    expect(isIn(visitor, board)).toBe(false);
  });

  test("a guest reaches itself and the server, and can be written to", async () => {
    const ping = (to: string) => xml("iq", { to, type: "get" }, xml("ping", "urn:xmpp:ping"));
    expect(await answerTo(visitor, ping(host))).toBe("result");
    await visitor.xmpp.send(say(visitor.jid, "to myself"));
    await until(() => texts(visitor).includes("to myself"));
    await alice.xmpp.send(say(visitor.jid, "to a guest"));
    await until(() => texts(visitor).includes("to a guest"));
  });

  test("a user is no guest", async () => {
    const bob = await enter(server, await mint({ jid: `bob@${host}`, ttl: 600 }, { keyring }));
    await bob.xmpp.send(say(`alice@${host}`, "from bob"));
    await until(() => texts(alice).includes("from bob"));
    await bob.xmpp.send(joining(board, "bob"));
    await until(() => isIn(bob, board));
    await bob.xmpp.stop();
  });
}

describeWith("ejabberd")("on ejabberd", () => {
  describe("with the page's rules", () => {
    behave(async (): Promise<Ejabberd> => {
      const { modules, ...rules } = parse(ejabberdRules);
      return startEjabberd({
        hosts: [host],
        mayfly: { keys: [key] },
        options: {
          ...rules,
          modules: {
            ...{
              mod_disco: {},
              mod_mayfly_guard: {},
              mod_offline: {},
              mod_ping: {},
              mod_vcard: {},
            },
            ...modules,
          },
        },
        furnish: (home) => {
          installGuard()(home);
          installModule("mod_mayfly_guests")(home);
        },
      });
    });
  });
});

describeWith("prosody")("on Prosody", () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-guests-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  describe("with the page's rules", () => {
    behave(async () => {
      const file = join(folder, "north.key");
      writeFileSync(file, `${key.secret}\n`);
      const own = `modules_enabled = { "saslauth", "tls", "disco", "roster", "ping", "websocket", "vcard" }`;
      const admin = `admins = { "alice@${host}" }\nmuc_room_locking = false`;
      const options = [
        own,
        admin,
        `mayfly_secret_files = { ${JSON.stringify(file)} }`,
        prosodyRules,
      ];
      return startProsody({ hosts: [host], options: options.join("\n") });
    });
  });
});

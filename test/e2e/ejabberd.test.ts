import { xml } from "@xmpp/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { logIn, outcome } from "../support/clients/xmpp-client.ts";
import { everyBitFlipped, flipBit } from "../support/data/bit-flips.ts";
import { versionOf } from "../support/machine/debian.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [
  { id: "north", secret: "the secret of the end-to-end tests" },
  { id: "jwt", secret: "the secret of their JWTs", algorithm: "HS256" },
];
const keyring = new Keyring(keys);
const alice = "alice@example.org";
const now = () => Math.floor(Date.now() / 1000);
const mint = (jid = alice, ttl = 60, at = now()) => mintWith({ jid, ttl }, { keyring, now: at });

describeWith("ejabberd")("ejabberd with mayfly extauth", () => {
  let server: Ejabberd;

  beforeAll(async () => {
    const hosts = ["example.org", "other.example"];
    server = await startEjabberd({ hosts, mayfly: { keys } });
  });
  afterAll(() => server?.stop());

  /** Waits for the program's decision on a login that the server has refused. */
  async function reasonFor(user: string, host = "example.org"): Promise<unknown> {
    return (
      await until(() => {
        return server.decisions().findLast((it) => it.user === user && it.host === host);
      })
    ).reason;
  }

  test("is of the version that this run is for", ({ task }) => {
    task.meta.spokeTo = `ejabberd ${server.version}`;
    expect(server.version).toBe(process.env.MAYFLY_EJABBERD || versionOf("ejabberd"));
  });

  test("binds the JID that a credential was minted for", async () => {
    expect(await outcome(server, await mint())).toBe(alice);
    expect(await outcome(server, await mint("alice@other.example"))).toBe("alice@other.example");
  });

  test("binds a localpart with punctuation", async () => {
    expect(await outcome(server, await mint("a.b-c_d+e=f@example.org"))).toBe(
      "a.b-c_d+e=f@example.org",
    );
  });

  test("binds the JID that a JWT was minted for, and no other", async () => {
    const minted = await mintWith({ jid: "grace@example.org", key: "jwt" }, { keyring });
    expect(await outcome(server, minted)).toBe("grace@example.org");
    expect(await outcome(server, { ...minted, username: "heidi" })).toBe("not-authorized");
    expect(await reasonFor("heidi")).toBe("wrong-user");
  });

  test("is offered PLAIN and nothing else", async () => {
    const offered: string[] = [];
    const xmpp = await logIn(server, await mint(), (element) => {
      const mechanisms = element.getChild("mechanisms")?.getChildren("mechanism") ?? [];
      offered.push(...mechanisms.map((mechanism) => mechanism.text()));
    });
    await xmpp.stop();
    expect(offered).toEqual(["PLAIN"]);
  });

  test("refuses a credential that expired a second ago", async () => {
    const expired = await mint("late@example.org", 60, now() - 61);
    expect(await outcome(server, expired)).toBe("not-authorized");
    expect(await reasonFor("late")).toBe("expired");
  });

  test.each(["expiry", "mac"])("refuses one bit changed in the %s", async (part) => {
    const user = `changed-${part}`;
    const minted = await mint(`${user}@example.org`);
    const [expiry = "", mac = ""] = minted.password.split(":");
    const passwords =
      part === "expiry"
        ? everyBitFlipped(expiry).map((changed) => `${changed}:${mac}`)
        : everyBitFlipped(mac).map((changed) => `${expiry}:${changed}`);
    const [password = ""] = passwords.filter((changed) =>
      /^[1-9]\d+:[A-Za-z0-9+/]+=$/.test(changed),
    );
    expect(await outcome(server, { ...minted, password })).toBe("not-authorized");
    expect(await reasonFor(user)).toBe("bad-signature");
  });

  test("refuses one bit changed in the id", async () => {
    const username = flipBit("alice", 4);
    expect(username).toBe("alicd");
    expect(await outcome(server, { ...(await mint()), username })).toBe("not-authorized");
    expect(await reasonFor(username)).toBe("bad-signature");
  });

  test("refuses alice's credential for bob", async () => {
    expect(await outcome(server, { ...(await mint()), username: "bob" })).toBe("not-authorized");
    expect(await reasonFor("bob")).toBe("bad-signature");
  });

  test("refuses a credential on another virtual host", async () => {
    const elsewhere = { ...(await mint("carol@example.org")), jid: "carol@other.example" };
    expect(await outcome(server, elsewhere)).toBe("not-authorized");
    expect(await reasonFor("carol", "other.example")).toBe("bad-signature");
  });

  test("lets no credential act for another identity", async () => {
    const minted = { ...(await mint("dave@example.org")), authzid: "bob@example.org" };
    expect(await outcome(server, minted)).toBe("not-authorized");
    expect(await outcome(server, { ...minted, authzid: "dave@example.org" })).toBe(
      "dave@example.org",
    );
  });

  test("carries a message from alice to bob", async () => {
    const [from, to] = await Promise.all([
      logIn(server, await mint()),
      logIn(server, await mint("bob@example.org")),
    ]);
    const received = new Promise<string>((heard) => {
      to.on("stanza", (stanza) => {
        if (stanza.is("message")) heard(stanza.getChildText("body") ?? "");
      });
    });
    await from.send(xml("message", { to: String(to.jid), type: "chat" }, xml("body", {}, "Hello")));
    expect(await received).toBe("Hello");
    await Promise.all([from.stop(), to.stop()]);
  });

  test("takes two credentials of one user at the same time", async () => {
    const sessions = [
      await logIn(server, await mint(alice, 60)),
      await logIn(server, await mint(alice, 61)),
    ];
    expect(sessions.map(({ status }) => status)).toEqual(["online", "online"]);
    await Promise.all(sessions.map((session) => session.stop()));
  });

  test("keeps answering after a flood of nonsense", async () => {
    const nonsense = { ...(await mint("eve@example.org")), password: "x".repeat(20_000) };
    for (let round = 0; round < 30; round++) {
      expect(await outcome(server, nonsense)).toBe("not-authorized");
    }
    expect(await outcome(server, await mint())).toBe(alice);
  });
});

describeWith("ejabberd")("a credential that worked and then expires", () => {
  const servers: Ejabberd[] = [];

  /** Starts ejabberd from the sample and logs in with one credential, alive and then expired. */
  async function logInTwice(options: Record<string, unknown>): Promise<string[]> {
    const server = await startEjabberd({ hosts: ["example.org"], mayfly: { keys }, options });
    servers.push(server);
    await outcome(server, await mint("bob@example.org")); // the program is up, the next login quick
    const minted = await mint(alice, 5);
    const alive = await outcome(server, minted);
    await until(() => now() > minted.expires);
    return [alive, await outcome(server, minted)];
  }
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  test("is refused on the next login with the sample's auth_use_cache: false", async () => {
    expect(await logInTwice({})).toEqual([alice, "not-authorized"]);
  });

  test("would be accepted with ejabberd's cache: the test above can tell", async () => {
    expect(await logInTwice({ auth_use_cache: true })).toEqual([alice, alice]);
  });
});

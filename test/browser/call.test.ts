import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { WebSocket } from "ws";
import { createApp } from "../../examples/call/app.ts";
import { type Servers, startServers, turnUrisOf } from "../../examples/call/servers.ts";
import { connectBrowser, host, trusted } from "../support/browser/browser.ts";
import { call, lights, press, says, untilAll, untilIdle } from "../support/browser/call-page.ts";
import { isListening, overhear, type Peer, peerCount, peersOf } from "../support/browser/media.ts";
import { untilPage, type Visit, visit } from "../support/browser/visit.ts";
import { startWebApp, type WebApp } from "../support/browser/web-app.ts";
import { alerts, buildPage, fact, hears, say } from "../support/browser/web-page.ts";
import { spring } from "../support/fakes/silent-port.ts";
import { freePorts } from "../support/machine/ports.ts";
import { portsOf, processesWith } from "../support/machine/processes.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const key = { id: "north", secret: "the secret of the calls' tests" };

/** A page, whose credentials are seen. */
interface Caller extends Visit {
  minted: { username: string; password: string }[];
}

describeWith(
  "chromium",
  "ejabberd",
  "kamailio",
  "kamailioTls",
  "kamailioWebSocket",
  "coturn",
)("a call between two browsers", () => {
  let folder: string;
  let browser: Browser;
  let running: ReturnType<typeof startServers>;
  let servers: Servers;
  let app: WebApp;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mayfly-call-"));
    const [port] = await freePorts(1);
    const origin = `http://127.0.0.1:${port}`;
    running = startServers({
      host,
      key,
      origins: [origin, `http://localhost:${port}`],
      certificate: trusted(),
    });
    [browser, servers] = await Promise.all([
      connectBrowser(),
      running.ready,
      buildPage(folder, "call"),
    ]);
    const { ejabberd, kamailio, coturn } = servers;
    const turnUris = turnUrisOf(coturn);
    const where = { host, xmpp: ejabberd.url, sip: kamailio.url };
    const routes = createApp({ key, turnUris, ttl: 600, ...where });
    app = await startWebApp(routes.use(serveStatic({ root: folder })), new URL(origin).host);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.down();
    await running?.stop();
    rmSync(folder, { recursive: true });
  });

  /** Signs somebody in, in a context of one's own. */
  async function enter(
    { onTestFinished }: TestContext,
    user: string,
    ttl = "",
    prepare: (context: BrowserContext) => Promise<unknown> = overhear,
  ): Promise<Caller> {
    const context = await browser.newContext();
    await prepare(context);
    // Its first credential may live for a shorter time.
    await context.route(
      "**/credentials*",
      (route) => route.continue({ url: `${route.request().url()}&ttl=${ttl}` }),
      { times: 1 },
    );
    const visitor = await visit(context, app.url);
    onTestFinished(async () => {
      await context.close();
      expect(visitor.errors).toEqual([]);
    });
    const minted: Caller["minted"] = [];
    visitor.page.on("response", async (response) => {
      if (new URL(response.url()).pathname === "/credentials") minted.push(await response.json());
    });
    await visitor.page.getByLabel("Your name").fill(user);
    await press(visitor, "Sign in");
    return Object.assign(visitor, { minted });
  }

  /** Two who are online, and have each other to call. */
  async function two(context: TestContext, [one, other]: [string, string], ttl = "") {
    const callee = await enter(context, other);
    const caller = await enter(context, one, ttl);
    for (const [visitor, name] of [
      [caller, other],
      [callee, one],
    ] as const) {
      await visitor.page.getByLabel("with").fill(name);
      await visitor.page.getByLabel("with").blur();
    }
    await Promise.all([caller, callee].map((visitor) => untilAll(visitor, "good")));
    return [caller, callee] as const;
  }

  test("alice sees bob come and go, and they chat", async (context) => {
    context.task.meta.spokeTo = `Kamailio ${servers.kamailio.version}`;
    const alice = await enter(context, "alice");
    expect(await untilAll(alice, "good")).toEqual([
      "Online",
      "Registered",
      expect.stringMatching(/^A relay at 127\.0\.0\.1:\d+$/),
    ]);
    await says(alice, "Presence", "offline");
    const bob = await enter(context, "bob");
    await says(alice, "Presence", "online");
    await says(bob, "Presence", "online");
    await say(alice, "Hello bob");
    await until(() => hears(bob, "Hello bob"));
    await bob.close();
    await says(alice, "Presence", "offline");
  });

  test("a call is answered, and its sound goes through the relay alone, both ways, until they hang up", async (context) => {
    context.task.meta.spokeTo = `coturn ${servers.coturn.version}`;
    const before = relays();
    const [carol, dave] = await two(context, ["carol", "dave"]);
    await call(carol, dave, ["carol", "dave"]);
    for (const visitor of [carol, dave]) {
      const first = await sound(visitor);
      expect(first.pair).toEqual(["relay", "relay"]);
      expect(new Set(first.candidates)).toEqual(new Set(["relay"]));
      const later = await untilPage(async () => {
        const now = await sound(visitor);
        return now.sent > first.sent && now.received > first.received && now.energy > 0 && now;
      });
      expect(later.pair).toEqual(["relay", "relay"]);
      await untilPage(
        async () => (await fact(visitor, "The way of the sound")) === "relay – relay",
      );
      expect(await isListening(visitor)).toBe(true);
      expect(visitor.requests.filter((path) => path === "/credentials")).toHaveLength(1);
    }
    expect(relays().filter((port) => !before.includes(port)).length).toBeGreaterThan(1);
    await carol.picture("call");

    await press(dave, "Hang up");
    for (const visitor of [carol, dave]) {
      await untilIdle(visitor);
      await untilPage(async () => (await peerCount(visitor)).open === 0);
      expect((await peerCount(visitor)).all).toBe(2); // to try the relay, and for the call
      expect(await isListening(visitor)).toBe(false);
    }
    await untilGivenBack(before);
  });

  test("a page shows no MAC, and sends the credential's password to no one but XMPP", async (context) => {
    const erin = await enter(context, "erin");
    await untilAll(erin, "good");
    const [{ password = "" } = {}] = erin.minted;
    expect(password).toMatch(/^[\w+/]{27}=$/);
    expect(await erin.page.locator("html").innerHTML()).not.toContain(password);
    expect(await fact(erin, "MAC over both")).toBe(`${password.slice(0, 4)}••••`);
    const sip = erin.sent.filter((frame) => / SIP\/2\.0/.test(frame));
    expect(sip.length).toBeGreaterThan(0);
    expect(sip.join()).not.toContain(password);
  });

  test("a tampered credential turns every light red, and a renewed one green, without a reload", async (context) => {
    const frank = await enter(context, "frank");
    await untilAll(frank, "good");
    await stay(frank);
    await press(frank, "Tamper");
    expect(await untilAll(frank, "bad")).toEqual(refusals);
    expect(await frank.page.getByRole("button", { name: "Call bob" }).isEnabled()).toBe(false);
    await until(() => decisions("frank").includes("bad-signature"));
    await frank.picture("call-tampered");
    await press(frank, "Renew");
    await untilAll(frank, "good");
    expect(frank.minted).toHaveLength(2);
    expect(await hasStayed(frank)).toBe(true);
  });

  test("an expired credential turns every light red but ends no call, and a renewed one turns them green", async (context) => {
    const [grace, heidi] = await two(context, ["grace", "heidi"], "12");
    await stay(grace);
    await call(grace, heidi, ["grace", "heidi"]);
    expect(await untilAll(grace, "bad")).toEqual(refusals);
    await until(() => decisions("grace").includes("expired"));
    expect(await grace.page.getByText("expired", { exact: true }).isVisible()).toBe(true);
    const { received } = await sound(grace);
    await untilPage(async () => (await sound(grace)).received > received);

    await press(grace, "Renew");
    await untilAll(grace, "good");
    expect(await hasStayed(grace)).toBe(true);
    await says(grace, "Call", "In a call with heidi");
    await press(grace, "Hang up");
    await Promise.all([grace, heidi].map(untilIdle));
    await call(heidi, grace, ["heidi", "grace"]);
    await press(heidi, "Hang up");
    await Promise.all([grace, heidi].map(untilIdle));
  });

  test("all goes on without the app server, whom nobody asks for anything", async (context) => {
    const [ivan, judy] = await two(context, ["ivan", "judy"]);
    const before = decisions("ivan").length;
    await app.down();
    const trap = await spring(app.url);
    try {
      for (const visitor of [ivan, judy]) await press(visitor, "Present again");
      await until(() => decisions("ivan").length > before); // a new login
      for (const visitor of [ivan, judy]) {
        await untilAll(visitor, "good");
        await says(visitor, "Presence", "online");
      }
      await call(ivan, judy, ["ivan", "judy"]);
      await untilPage(async () => (await sound(judy)).energy > 0);
      await say(ivan, "Are we alone?");
      await until(() => hears(judy, "Are we alone?"));
      await press(ivan, "Hang up");
      await Promise.all([ivan, judy].map(untilIdle));
      expect(trap.caught()).toBe(0);

      await press(ivan, "Renew"); // which needs it
      await until(() => alerts(ivan, "the app server cannot be reached"));
      expect(trap.caught()).toBeGreaterThan(0);
      expect((await lights(ivan)).map(({ light }) => light)).toEqual(["good", "good", "good"]);
    } finally {
      await trap.close();
      await app.up();
    }
    await press(ivan, "Renew");
    await untilAll(ivan, "good");
    expect(await alerts(ivan)).toBe(false);
  });

  test("who closes the page is in no call any more, and cannot be called", async (context) => {
    const before = relays();
    const [kim, leo] = await two(context, ["kim", "leo"]);
    await call(kim, leo, ["kim", "leo"]);
    await leo.close();
    await untilIdle(kim);
    await says(kim, "Presence", "offline");
    await untilPage(async () => (await peerCount(kim)).open === 0);
    await untilGivenBack(before);
    await press(kim, "Call leo");
    await until(() => kim.page.getByText("The call is over: Not Found").isVisible());
  });

  test("who declines is not called any more", async (context) => {
    const [mia, nils] = await two(context, ["mia", "nils"]);
    await press(mia, "Call nils");
    await says(nils, "Call", "mia calls");
    await press(nils, "Decline");
    await Promise.all([mia, nils].map(untilIdle));
    expect(await isListening(mia)).toBe(false);
  });

  test("who signs out leaves nothing", async (context) => {
    const olga = await enter(context, "olga");
    await untilAll(olga, "good");
    await press(olga, "Sign out olga");
    await until(() => olga.page.getByLabel("Your name").isVisible());
    await until(() => !olga.isConnected());
    expect((await lights(olga)).map(({ light }) => light)).toEqual(["off", "off", "off"]);
    await olga.page.reload();
    expect(await olga.page.getByLabel("Your name").isVisible()).toBe(true);
  });

  test("a page that is not encrypted fetches no credential", async (context) => {
    // Of this machine every page is secure, so that this one has to be told otherwise.
    const pat = await enter(context, "pat", "", (it) =>
      it.addInitScript("Object.defineProperty(globalThis, 'isSecureContext', { value: false })"),
    );
    await until(() => alerts(pat, "not encrypted: open the page by https:"));
    expect(pat.requests).toContain("/session");
    expect(pat.requests).not.toContain("/credentials");
  });

  test("the telephone registers nowhere but where it is encrypted", async (context) => {
    const quinn = await enter(context, "quinn", "", (it) =>
      it.route("**/session", async (route) => {
        const response = await route.fetch();
        const session = await response.json();
        return route.fulfill({ json: session && { ...session, sip: "ws://sip.example/" } });
      }),
    );
    const insecure = "Refused: not encrypted: connect by wss:";
    await untilPage(async () => (await lights(quinn))[1]?.reason === insecure);
    expect(quinn.sent.filter((frame) => frame.includes("SIP/2.0"))).toEqual([]);
  });

  test("neither WebSocket opens for a page from elsewhere", async () => {
    const { ejabberd, kamailio } = servers;
    const ca = trusted().pem;
    const opens = (url: string, protocol: string, origin: string) =>
      new Promise<boolean>((answer) => {
        const socket = new WebSocket(url, protocol, { ca, origin });
        socket.on("open", () => answer(true)).on("error", () => answer(false));
        socket.on("open", () => socket.terminate());
      });
    for (const [url, protocol] of [
      [ejabberd.url, "xmpp"],
      [kamailio.url, "sip"],
    ] as const) {
      expect(await opens(url, protocol, app.url)).toBe(true);
      expect(await opens(url, protocol, "https://elsewhere.example")).toBe(false);
    }
  });

  /** The one peer connection of a page, once there is sound in it. */
  function sound(visitor: Visit): Promise<Peer> {
    return untilPage(async () => {
      const [peer, ...others] = await peersOf(visitor);
      expect(others).toEqual([]);
      return peer !== undefined && peer.sent > 0 && peer.received > 0 && peer;
    });
  }

  /** What `mayfly extauth` decided on a user so far. */
  function decisions(user: string): string[] {
    return servers.ejabberd
      .decisions()
      .filter((line) => line.op === "auth" && line.user === user)
      .map(({ reason = "ok" }) => String(reason));
  }

  /** The ports of the relays that there are: coturn's, beside those that it listens on. */
  function relays(): number[] {
    const { coturn } = servers;
    const listening = [coturn.udp.port, coturn.tls.port];
    const { udp } = portsOf(processesWith(dirname(coturn.database)));
    return udp.filter((port) => !listening.includes(port));
  }

  /** Waits until there is no relay that was not there before. */
  async function untilGivenBack(before: number[]): Promise<void> {
    await until(() => relays().every((port) => before.includes(port)));
  }
});

/** The reasons of the servers. */
const refusals = [
  "Refused: not-authorized",
  "Refused: 401 Unauthorized",
  expect.stringMatching(/^Refused: 401 Unauthorized/),
];

async function stay({ page }: Visit): Promise<void> {
  await page.evaluate("globalThis.stayed = true");
}

function hasStayed({ page }: Visit): Promise<boolean> {
  return page.evaluate("'stayed' in globalThis");
}

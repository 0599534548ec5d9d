import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Keyring, type MintedCredential, type MintRequest, mint as mintWith } from "mayfly";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { createApp } from "../../examples/web/app.ts";
import { connectBrowser, host, trusted } from "../support/browser/browser.ts";
import { responsesOf, type Visit, visit } from "../support/browser/visit.ts";
import { startWebApp, type WebApp } from "../support/browser/web-app.ts";
import {
  alerts,
  buildPage,
  fact,
  hears,
  reads,
  say,
  secondsLeft,
  status,
} from "../support/browser/web-page.ts";
import { layWire, type Wire } from "../support/fakes/cuttable-proxy.ts";
import { startXmpp, type Xmpp, type XmppName } from "../support/servers/xmpp.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret of the browser's tests" }];
const keyring = new Keyring(keys);
const mint = (user: string, ttl = 600) => mintWith({ jid: `${user}@${host}`, ttl }, { keyring });
let folder: string;

/** A way to present a credential, and what is sent then. */
interface Presentation extends Required<Pick<MintRequest, "present">> {
  mechanism: string;
  authzid?: string;
  bytes(credential: MintedCredential): string;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-page-"));
  await buildPage(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

for (const name of ["ejabberd", "prosody"] satisfies XmppName[]) {
  describeWith("chromium", name)(`a page in Chromium, with ${name}`, () => {
    let browser: Browser;
    let server: Xmpp;

    beforeAll(async () => {
      browser = await connectBrowser();
      server = await startXmpp(name, { hosts: [host], keys, certificate: trusted() });
    });
    afterAll(async () => {
      await browser?.close();
      await server?.stop();
    });

    /** An app server, and a wire from its pages to the XMPP server. */
    async function stage(
      { onTestFinished }: TestContext,
      mint: (user: string) => Promise<MintedCredential>,
    ): Promise<{ app: WebApp; wire: Wire; enter(user: string): Promise<Visit> }> {
      const wire = await layWire(server.url);
      onTestFinished(() => wire.stop());
      const routes = createApp({ host, service: wire.url, mint });
      const app = await startWebApp(routes.use(serveStatic({ root: folder })));
      onTestFinished(() => app.down());
      return {
        ...{ app, wire },
        async enter(user) {
          const visitor = await visit(browser, app.url);
          onTestFinished(async () => {
            await visitor.close();
            expect(visitor.errors).toEqual([]);
          });
          await visitor.page.getByLabel("Your name").fill(user);
          await visitor.page.getByRole("button", { name: "Sign in" }).click();
          return visitor;
        },
      };
    }

    /** Keeps pictures of a page; with another server it is the same one. */
    async function keep(visit: Visit, state: string): Promise<void> {
      if (name === "ejabberd") await visit.picture(state);
    }

    test.concurrent("two users sign in, and chat", async (context) => {
      context.task.meta.spokeTo = server.version;
      const minted: MintedCredential[] = [];
      const { enter, app } = await stage(context, async (user) => {
        const credential = await mint(user);
        if (user === "alice") minted.push(credential);
        return credential;
      });
      const stranger = await visit(browser, `${app.url}/?user=alice`);
      await keep(stranger, "signed-out");
      await stranger.close();

      const alice = await enter("alice");
      const bob = await enter("bob");
      await Promise.all([reads(alice, "Online"), reads(bob, "Online")]);
      expect(await fact(alice, "Mechanism")).toBe("PLAIN");
      expect(await fact(alice, "Bound JID")).toMatch(/^alice@example\.org\/.+/);
      expect(await fact(alice, "Id")).toBe("alice@example.org");
      expect(await fact(alice, "Expiry")).toBe(String(minted.at(-1)?.expires));
      await keep(alice, "online");

      await say(alice, "Hello bob, I never typed a password.");
      await until(() => hears(bob, "Hello bob, I never typed a password."));
      await say(bob, "<b>Nor did I.</b>");
      await until(() => hears(alice, "<b>Nor did I.</b>"));
      await keep(alice, "chat");

      const shown = await alice.page.locator("html").innerHTML();
      for (const { password } of minted) expect(shown).not.toContain(password.split(":")[1]);
      await until(() => server.decisions("alice").length > 0);
      expect(server.decisions("alice")).toEqual(["ok"]);
      expect(await alice.page.evaluate("document.cookie")).toBe("");

      await alice.page.getByRole("button", { name: "Sign out alice" }).click();
      await until(() => alice.page.getByLabel("Your name").isVisible());
      expect(alice.isConnected()).toBe(false);
      await alice.page.reload();
      await reads(alice, "Signed out");
    });

    test.concurrent("a name that has to be written otherwise is not signed in", async (context) => {
      const { enter } = await stage(context, (user) => mint(user));
      const visitor = await enter("Alice");
      await until(() => alerts(visitor, 'write "alice@example.org"'));
      await keep(visitor, "name");
    });

    test.concurrent("a cut connection comes back, with a fresh credential", async (context) => {
      const { enter, app, wire } = await stage(context, (user) => mint(user, 10)); // about to expire
      const carol = await enter("carol");
      await reads(carol, "Online");
      await until(() => secondsLeft(carol).then((left) => left < 9)); // or it would be the same
      wire.cut();
      await reads(carol, "Connection lost, connecting again …");
      await keep(carol, "lost");
      wire.mend();
      await reads(carol, "Online");
      expect(app.asked()).toBe(2);
      expect(await carol.page.getByText("No. 2").isVisible()).toBe(true);
      const [first, second] = responsesOf(carol);
      expect(second?.bytes).not.toBe(first?.bytes);
      await until(() => server.decisions("carol").length === 2);
      expect(server.decisions("carol")).toEqual(["ok", "ok"]);
      await carol.page.getByLabel("with").fill("carol");
      await say(carol, "Am I back?");
      await until(() => hears(carol, "Am I back?"));
    });

    test.concurrent("a connection that the page drops comes back, with the credential while it is good", async (context) => {
      const { enter, app } = await stage(context, (user) => mint(user));
      const dave = await enter("dave");
      await reads(dave, "Online");
      await dave.page.getByRole("button", { name: "Cut the connection" }).click();
      await reads(dave, "Connection lost, connecting again …");
      await reads(dave, "Online");
      expect(app.asked()).toBe(1);
      expect(responsesOf(dave)).toHaveLength(2);
    });

    test.concurrent("an expired credential is replaced without a word", async (context) => {
      let expires = 0;
      const { enter, app, wire } = await stage(context, async (user) => {
        if (app.asked() !== 1) return mint(user);
        const expiring = await mint(user, 6);
        expires = expiring.expires;
        return { ...expiring, ttl: 600 }; // as where a device slept unseen
      });
      const erin = await enter("erin");
      await reads(erin, "Online");
      await until(() => Date.now() / 1000 > expires + 1);
      wire.cut();
      await reads(erin, "Connection lost, connecting again …");
      wire.mend();
      await reads(erin, "Online");
      expect(app.asked()).toBe(2);
      await until(() => server.decisions("erin").length === 3);
      expect(server.decisions("erin")).toEqual(["ok", "expired", "ok"]);
      expect(await alerts(erin)).toBe(false);
    });

    test.concurrent("a session outlives its credential, and the next login gets another", async (context) => {
      const { enter, app, wire } = await stage(context, (user) => mint(user));
      const judy = await enter("judy");
      await reads(judy, "Online");
      await judy.page.clock.install();
      await judy.page.clock.fastForward("10:01"); // as a device that slept
      await until(() => judy.page.getByText("expired; the session goes on").isVisible());
      expect(await status(judy)).toBe("Online");
      await keep(judy, "expired");
      wire.cut();
      wire.mend();
      await until(() => judy.page.getByText("No. 2").isVisible());
      await reads(judy, "Online");
      expect(app.asked()).toBe(2);
    });

    test.concurrent("an app server that is down for 5 s is asked 4 times at most", async (context) => {
      const { enter, app, wire } = await stage(context, (user) => mint(user, 10));
      const frank = await enter("frank");
      await reads(frank, "Online");
      frank.requests.length = 0;
      await app.down();
      wire.cut();
      wire.mend();
      // Beside what follows: a picture may take so long that a fifth request would be right.
      const up = new Promise((done) => setTimeout(done, 5000)).then(app.up);
      await reads(frank, "Cannot log in now, trying again …");
      await keep(frank, "waiting");
      await up;
      await reads(frank, "Online");
      expect(frank.requests).not.toHaveLength(0);
      expect(frank.requests.length).toBeLessThanOrEqual(4);
      expect(new Set(frank.requests)).toEqual(new Set(["/credentials"]));
      expect(await alerts(frank)).toBe(false);
    });

    test.concurrent("credentials that are wrong for ever are one error, and no loop", async (context) => {
      let isRight = false;
      const { enter, app } = await stage(context, async (user) => {
        const { password, ...credential } = await mint(user);
        const later = Number(password.split(":")[0]) + app.asked();
        return {
          ...credential,
          password: isRight ? password : password.replace(/^\d+/, `${later}`),
        };
      });
      const mallory = await enter("mallory");
      await until(() => alerts(mallory, "ERR_REFUSED"));
      expect(await status(mallory)).toBe("Not connected");
      await keep(mallory, "refused");
      await until(() => !mallory.isConnected());
      await new Promise((done) => setTimeout(done, 3000)); // to connect again many times
      expect(mallory.isConnected()).toBe(false);
      expect(app.asked()).toBe(2);
      expect(server.decisions("mallory")).toEqual(["bad-signature", "bad-signature"]);
      expect(await mallory.page.getByText("ERR_REFUSED", { exact: false }).count()).toBe(2); // and in the journal

      isRight = true;
      await mallory.page.getByRole("button", { name: "Try again" }).click();
      await reads(mallory, "Online");
      expect(await alerts(mallory)).toBe(false);
    });

    test.concurrent("whoever is signed out elsewhere is asked to sign in", async (context) => {
      const { enter, wire } = await stage(context, (user) => mint(user, 10));
      const grace = await enter("grace");
      await reads(grace, "Online");
      await grace.page.context().clearCookies();
      wire.cut();
      wire.mend();
      await until(() => alerts(grace, "ERR_MINT"));
      await keep(grace, "signed-out-elsewhere");
      await grace.page.getByRole("button", { name: "Sign in again" }).click();
      await reads(grace, "Signed out");
      await grace.page.getByRole("button", { name: "Sign in" }).click();
      await reads(grace, "Online");
    });

    test.concurrent("what has a control character is not sent", async (context) => {
      const fields = ["username", "password", "authzid"] as const;
      const { enter, app } = await stage(context, async (user) => {
        const field = fields[app.asked() - 1];
        return { ...(await mint(user)), ...(field && { [field]: "zo\x07e" }) };
      });
      const zoe = await enter("zoe");
      for (const field of fields) {
        await until(() => alerts(zoe, new RegExp(`ERR_CREDENTIAL: .*${field}`)));
        expect(responsesOf(zoe)).toEqual([]);
        await zoe.page.getByRole("button", { name: "Try again" }).click();
      }
      await reads(zoe, "Online");
    });

    test.concurrent.for(["jörg", "żółw", "田中"])("%s logs in", async (name, context) => {
      let minted: MintedCredential | undefined;
      const { enter } = await stage(context, async (user) => {
        minted = await mint(user);
        return minted;
      });
      const visitor = await enter(name);
      await reads(visitor, "Online");
      expect(await fact(visitor, "Bound JID")).toContain(`${name}@${host}/`);
      const bytes = Buffer.from(`\0${name}\0${minted?.password}`).toString("latin1");
      expect(responsesOf(visitor)).toEqual([{ mechanism: "PLAIN", bytes }]);
    });

    const authzid = `heidi@${host}`;
    const inline: Presentation = {
      present: "inline",
      mechanism: "PLAIN",
      bytes: ({ password }) => `\0heidi\0${password}`,
    };
    const tokens: Record<string, Presentation> = {
      "PLAIN, with authzid": {
        present: "authzid",
        mechanism: "PLAIN",
        bytes: ({ username, password }) => `${authzid}\0${username}\0${password}`,
      },
      "X-OAUTH2": {
        present: "token",
        mechanism: "X-OAUTH2",
        bytes: ({ password }) => `\0heidi\0${password}`,
      },
      "X-OAUTH2, with authzid": {
        present: "token",
        mechanism: "X-OAUTH2",
        authzid,
        bytes: ({ password }) => `${authzid}\0heidi\0${password}`,
      },
      OAUTHBEARER: {
        present: "token",
        mechanism: "OAUTHBEARER",
        bytes: ({ password }) => `n,,\x01auth=Bearer ${password}\x01\x01`,
      },
      "OAUTHBEARER, with authzid": {
        present: "token",
        mechanism: "OAUTHBEARER",
        authzid,
        bytes: ({ password }) => `n,a=${authzid},\x01auth=Bearer ${password}\x01\x01`,
      },
    };
    const presentations = { "PLAIN, inline": inline, ...(name === "prosody" && tokens) };

    test.concurrent.for(Object.entries(presentations))(
      "sends the very bytes of %s",
      async ([, { present, bytes, ...how }], context) => {
        let minted: MintedCredential | undefined;
        const { enter } = await stage(context, async () => {
          const credential = await mintWith({ jid: authzid, ttl: 600, present }, { keyring });
          minted = { ...credential, ...how };
          return minted;
        });
        const heidi = await enter("heidi");
        await reads(heidi, "Online");
        const { mechanism } = how;
        expect(await fact(heidi, "Mechanism")).toBe(mechanism);
        expect(responsesOf(heidi)).toEqual([{ mechanism, bytes: minted && bytes(minted) }]);
      },
    );
  });
}

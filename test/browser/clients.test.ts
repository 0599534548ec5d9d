import { Keyring, type MintedCredential, mint as mintWith } from "mayfly";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { connectBrowser, host, trusted } from "../support/browser/browser.ts";
import { type ClientName, clientPages } from "../support/browser/client-page.ts";
import { converseRemedy, haveConverse } from "../support/browser/converse.ts";
import { responsesOf, type Visit, visit } from "../support/browser/visit.ts";
import { startWebApp, type WebApp } from "../support/browser/web-app.ts";
import { layWire, type Wire } from "../support/fakes/cuttable-proxy.ts";
import { startXmpp, type Xmpp, type XmppName } from "../support/servers/xmpp.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret of the other clients' tests" }];
const keyring = new Keyring(keys);
const mint = (user: string, ttl = 600) => mintWith({ jid: `${user}@${host}`, ttl }, { keyring });

for (const name of ["ejabberd", "prosody"] satisfies XmppName[]) {
  describeWith("chromium", name)(`other clients in Chromium, with ${name}`, () => {
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

    /** A page of a client, with a wire to the server and an app server that mints. */
    async function open(
      { onTestFinished }: TestContext,
      client: ClientName,
      mint: () => Promise<MintedCredential>,
    ): Promise<Visit & { app: WebApp; wire: Wire }> {
      const wire = await layWire(server.url);
      onTestFinished(() => wire.stop());
      const routes = await clientPages[client](wire.url, client);
      routes.get("/credentials", async (c) => c.json(await mint()));
      const app = await startWebApp(routes);
      onTestFinished(() => app.down());
      const visitor = await visit(browser, app.url);
      onTestFinished(() => visitor.close());
      return { ...visitor, app, wire };
    }

    test.concurrent.for(Object.keys(clientPages) as ClientName[])(
      "%s logs in, and once it is cut off again, with a fresh credential",
      async (client, context) => {
        context.skip(client === "converse" && !haveConverse(), converseRemedy);
        const user = `${client}-cut`;
        const minted: MintedCredential[] = [];
        const page = await open(context, client, async () => {
          const credential = await mint(user, 10); // about to expire
          minted.push(credential);
          return credential;
        });
        await until(() => isOnline(page, user));
        const first = minted.at(-1);
        const bytes = `\0${user}\0${first?.password}`;
        expect(responsesOf(page)).toEqual([{ mechanism: "PLAIN", bytes }]);

        await until(() => Date.now() / 1000 > Number(first?.expires) - 8); // or it would be the same
        for (const frames of [page.sent, page.heard]) frames.length = 0;
        page.wire.cut();
        page.wire.mend();
        await until(() => isOnline(page, user));
        const fresh = `\0${user}\0${minted.at(-1)?.password}`;
        expect(fresh).not.toBe(bytes);
        expect(responsesOf(page)).toEqual([{ mechanism: "PLAIN", bytes: fresh }]);
        if (client === "converse") await page.picture(client); // the others show nothing
      },
    );

    test.concurrent("converse backs off from one refusal to the next", async (context) => {
      context.skip(!haveConverse(), converseRemedy);
      const user = "converse-refused";
      let later = 0;
      await open(context, "converse", async () => {
        const credential = await mint(user);
        const password = credential.password.replace(/^\d+/, (it) => `${Number(it) + ++later}`);
        return { ...credential, password };
      });
      await until(() => server.decisions(user).length === 2);
      const second = performance.now();
      await until(() => server.decisions(user).length === 3); // it goes on
      expect(performance.now() - second).toBeGreaterThan(7000); // by itself after 2 s
    });

    test.concurrent.for(["strophe", "stanza"] as const)(
      "%s gives up once a fresh credential is refused, too",
      async (client, context) => {
        const user = `${client}-refused`;
        let later = 0;
        const page = await open(context, client, async () => {
          const credential = await mint(user);
          const password = credential.password.replace(/^\d+/, (it) => `${Number(it) + ++later}`);
          return { ...credential, password };
        });
        await until(() => server.decisions(user).length === 2);
        await new Promise((done) => setTimeout(done, 3000)); // to try again
        expect(server.decisions(user)).toEqual(["bad-signature", "bad-signature"]);
        expect(page.app.asked()).toBe(2);
        expect(page.errors).toEqual([]);
      },
    );
  });
}

/** Whether the server has bound a JID of this user's, or taken a session up again. */
function isOnline({ heard }: Visit, user: string): boolean {
  const bound = new RegExp(`<jid>${user}@${host}/|<resumed `);
  return heard.some((frame) => bound.test(frame));
}

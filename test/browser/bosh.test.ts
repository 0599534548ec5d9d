import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Keyring, type MintedCredential, mint as mintWith } from "mayfly";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { connectBrowser, host, trusted } from "../support/browser/browser.ts";
import { clientPages } from "../support/browser/client-page.ts";
import { converseRemedy, haveConverse } from "../support/browser/converse.ts";
import { visit } from "../support/browser/visit.ts";
import { startWebApp } from "../support/browser/web-app.ts";
import { makeProgram } from "../support/cli/socket-program.ts";
import { boshOutcome } from "../support/clients/bosh.ts";
import { flipBit } from "../support/data/bit-flips.ts";
import { startEjabberd } from "../support/servers/ejabberd.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const secret = "the secret of BOSH";
const keys = [{ id: "north", secret }];
const keyring = new Keyring(keys);
const mint = (user: string, ttl = 600) => mintWith({ jid: `${user}@${host}`, ttl }, { keyring });

/** A server that ends sessions with their credentials, and where it answers BOSH. */
interface BoshServer {
  bosh: string;
  ca: string;
  stop(): Promise<void>;
}

const servers = {
  async ejabberd(): Promise<BoshServer> {
    const server = await startEjabberd({
      hosts: [host],
      mayfly: { keys },
      certificate: trusted(),
      furnish(home) {
        installModMayfly(home);
        writeFileSync(join(home, "north.key"), secret);
      },
      handlers: { "/bosh": "mod_bosh" },
      options: {
        auth_method: ["mayfly"],
        modules: {
          mod_bosh: {},
          mod_disco: {},
          mod_mayfly: { secret_files: ["north.key"], end_session_at_expiry: true },
        },
      },
    });
    return { ...server, bosh: server.url.replace("wss:", "https:").replace(/ws$/, "bosh") };
  },
  async prosody(): Promise<BoshServer> {
    const program = makeProgram({ keys });
    await program.start();
    const sample = readFileSync(new URL("../../prosody/prosody.cfg.lua", import.meta.url), "utf8");
    const modules = /^modules_enabled = \{ (.*) \}$/m.exec(sample)?.[1];
    const server = await startProsody({
      hosts: [host],
      socket: program.path,
      certificate: trusted(),
      options: `modules_enabled = { ${modules}, "bosh" }\nmayfly_end_session_at_expiry = true`,
    });
    return {
      ca: server.ca,
      bosh: server.url.replace("wss:", "https:").replace("xmpp-websocket", "http-bind"),
      async stop() {
        await server.stop();
        await program.end();
      },
    };
  },
};

for (const name of ["ejabberd", "prosody"] as const) {
  describeWith("chromium", name)(`clients over BOSH, with ${name}`, () => {
    let browser: Browser;
    let server: BoshServer;

    beforeAll(async () => {
      [browser, server] = await Promise.all([connectBrowser(), servers[name]()]);
    });
    afterAll(async () => {
      await browser?.close();
      await server?.stop();
    });

    /** A page of a client; what was minted for it and when, and what BOSH's answers bound or refused. */
    async function open(
      { onTestFinished }: TestContext,
      client: "strophe" | "converse",
      mints: () => Promise<MintedCredential>,
    ) {
      const minted: MintedCredential[] = [];
      const bound: number[] = [];
      const refused: string[] = [];
      const mintedAt: number[] = [];
      const routes = await clientPages[client](server.bosh, client);
      routes.get("/credentials", async (c) => {
        mintedAt.push(performance.now());
        const credential = await mints();
        minted.push(credential);
        return c.json(credential);
      });
      const app = await startWebApp(routes);
      onTestFinished(() => app.down());
      const visitor = await visit(browser, "about:blank");
      onTestFinished(() => visitor.close());
      visitor.page.on("response", async (response) => {
        if (response.url() !== server.bosh || response.request().method() !== "POST") return;
        const text = await response.text().catch(() => "");
        if (/<jid>/.test(text)) bound.push(Date.now() / 1000);
        const condition = /<failure[^>]*><([\w-]+)/.exec(text)?.[1];
        if (condition) refused.push(condition);
      });
      await visitor.page.goto(app.url);
      return { minted, mintedAt, bound, refused, errors: visitor.errors };
    }

    test.concurrent.for(["strophe", "converse"] as const)(
      "%s logs in, is ended with its credential, and logs in again with a fresh one",
      async (client, context) => {
        context.skip(client === "converse" && !haveConverse(), converseRemedy);
        const { minted, bound, refused } = await open(context, client, () => mint(client, 12));
        await until(() => bound.length >= 2);
        const [first, second] = minted as [MintedCredential, MintedCredential];
        expect(bound[0]).toBeLessThan(first.expires);
        expect(bound[1]).toBeGreaterThan(first.expires);
        expect(second.password).not.toBe(first.password);
        expect(refused).toEqual([]);
      },
    );

    /** Mints credentials with a wrong MAC, none of them twice. */
    function mintsForged(user: string) {
      let ttl = 60;
      return async () => {
        const credential = await mint(user, ++ttl);
        const [expiry, mac = ""] = credential.password.split(":");
        return { ...credential, password: `${expiry}:${flipBit(mac, 0)}` };
      };
    }

    test.concurrent("strophe mints once more when it is refused, and then gives up", async (context) => {
      const mints = mintsForged("strophe-refused");
      const { minted, bound, refused, errors } = await open(context, "strophe", mints);
      await until(() => refused.length === 2);
      await new Promise((done) => setTimeout(done, 3000)); // to try again
      expect(refused).toEqual(["not-authorized", "not-authorized"]);
      expect(minted).toHaveLength(2);
      expect(bound).toEqual([]);
      expect(errors).toEqual([]);
    });

    test.concurrent("converse mints anew for each refusal, and backs off", async (context) => {
      context.skip(!haveConverse(), converseRemedy);
      const mints = mintsForged("converse-refused");
      const { minted, mintedAt, bound, refused } = await open(context, "converse", mints);
      await until(() => refused.length === 3);
      expect(new Set(refused)).toEqual(new Set(["not-authorized"]));
      const [first, second, third] = mintedAt as [number, number, number];
      expect(second - first).toBeGreaterThan(3500); // by itself after 2 s
      expect(third - second).toBeGreaterThan(7000);
      expect(minted).toHaveLength(3);
      expect(bound).toEqual([]);
    });

    test("takes no credential that has expired, or is another's", async () => {
      const outcome = (user: string, { password }: MintedCredential) =>
        boshOutcome({ url: server.bosh, ca: server.ca }, host, "PLAIN", `\0${user}\0${password}`);
      expect(await outcome("alice", await mint("alice"))).toBe("success");
      expect(await outcome("bob", await mint("alice"))).toBe("not-authorized");
      const now = Math.floor(Date.now() / 1000);
      const old = await mintWith({ jid: `alice@${host}`, ttl: 60 }, { keyring, now: now - 62 });
      const condition = name === "prosody" ? "credentials-expired" : "not-authorized";
      expect(await outcome("alice", old)).toBe(condition);
    });
  });
}

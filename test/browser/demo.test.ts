import { expect, test } from "vitest";
import { connectBrowser } from "../support/browser/browser.ts";
import { startDemo } from "../support/browser/demo.ts";
import { visit } from "../support/browser/visit.ts";
import { hears, reads, say } from "../support/browser/web-page.ts";
import { isListening } from "../support/machine/ports.ts";
import type { XmppName } from "../support/servers/xmpp.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

for (const name of ["ejabberd", "prosody"] satisfies XmppName[]) {
  describeWith("chromium", name)(`npm run demo:web, with ${name}`, () => {
    test("has two users of one browser chat, and leaves nothing", async (context) => {
      const args = name === "prosody" ? ["--prosody"] : [];
      const { address, stop, left } = startDemo(context, "web", ...args);
      const browser = await connectBrowser();
      context.onTestFinished(() => browser.close());

      const windows = await browser.newContext();
      const alice = await visit(windows, await address("alice"));
      const bob = await visit(windows, await address("bob"));
      for (const { page } of [alice, bob])
        await page.getByRole("button", { name: "Sign in" }).click();
      await Promise.all([reads(alice, "Online"), reads(bob, "Online")]);
      await say(alice, "Hello bob");
      await until(() => hears(bob, "Hello bob"));
      expect([...alice.errors, ...bob.errors]).toEqual([]);

      const { port } = new URL(await address("alice"));
      expect(await stop()).toBe(130);
      expect(left()).toEqual([]);
      expect(await isListening(Number(port))).toBe(false);
    });
  });
}

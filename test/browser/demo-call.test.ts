import { expect, test } from "vitest";
import { connectBrowser } from "../support/browser/browser.ts";
import { call, press, says, untilAll } from "../support/browser/call-page.ts";
import { startDemo } from "../support/browser/demo.ts";
import { visit } from "../support/browser/visit.ts";
import { isListening } from "../support/machine/ports.ts";
import { portsOf, processesWith } from "../support/machine/processes.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

describeWith(
  "chromium",
  "ejabberd",
  "kamailio",
  "kamailioTls",
  "kamailioWebSocket",
  "coturn",
)("npm run demo:call", () => {
  test("has two users of one browser call each other, and leaves nothing on Ctrl-C", async (context) => {
    const { folder, address, stop, left } = startDemo(context, "call");
    const browser = await connectBrowser();
    context.onTestFinished(() => browser.close());

    const windows = await browser.newContext();
    const alice = await visit(windows, await address("alice"));
    const bob = await visit(windows, await address("bob"));
    for (const visitor of [alice, bob]) {
      await press(visitor, "Sign in");
      await untilAll(visitor, "good");
    }
    await says(alice, "Presence", "online");
    await call(alice, bob, ["alice", "bob"]);
    expect([...alice.errors, ...bob.errors]).toEqual([]);

    const running = processesWith(folder);
    const commands = running.map(({ command }) => command.join(" "));
    for (const name of ["beam", "extauth", "kamailio", "turnserver", "demo.ts"]) {
      expect(commands.filter((command) => command.includes(name))).not.toEqual([]);
    }
    const { tcp, udp } = portsOf(running);
    expect(tcp).toContain(Number(new URL(await address("alice")).port));
    expect(tcp.length).toBeGreaterThan(5);
    expect(udp.length).toBeGreaterThan(2); // two relays among them

    expect(await stop()).toBe(130);
    expect(processesWith(folder)).toEqual([]);
    expect(left()).toEqual([]);
    for (const port of new Set(tcp))
      expect({ port, is: await isListening(port) }).toEqual({ port, is: false });
  });
});

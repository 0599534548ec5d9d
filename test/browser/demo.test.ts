import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, type TestContext, test } from "vitest";
import { connectBrowser } from "../support/browser.ts";
import { describeWith } from "../support/needs.ts";
import { isListening } from "../support/ports.ts";
import { until } from "../support/until.ts";
import { visit } from "../support/visit.ts";
import { hears, reads, say } from "../support/web-page.ts";
import type { XmppName } from "../support/xmpp.ts";

const demo = fileURLToPath(new URL("../../examples/web/demo.ts", import.meta.url));

/** Starts the demo, with a folder of its own for temporary files. */
function start({ onTestFinished }: TestContext, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-demo-web-"));
  const child = spawn(process.execPath, ["--import", "tsx", demo, ...args], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGINT");
    await closed;
    rmSync(folder, { recursive: true });
  });
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  return {
    /** The address of a user's page, once it is printed. */
    address: (user: string) =>
      until(() => {
        if (child.exitCode !== null) throw new Error(`it exited: ${printed}`);
        return new RegExp(`http://\\S+\\?user=${user}`).exec(printed)?.[0];
      }),
    /** Has it stop, as Ctrl-C does, and gives its exit code. */
    async stop(): Promise<unknown> {
      child.kill("SIGINT");
      const [code] = await closed;
      return code;
    },
    /** The files that it has left; the loader's cache is not its own. */
    left: () => readdirSync(folder).filter((name) => !name.startsWith("tsx-")),
  };
}

for (const name of ["ejabberd", "prosody"] satisfies XmppName[]) {
  describeWith("chromium", name)(`npm run demo:web, with ${name}`, () => {
    test("has two users of one browser chat, and leaves nothing", async (context) => {
      const args = name === "prosody" ? ["--prosody"] : [];
      const { address, stop, left } = start(context, ...args);
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

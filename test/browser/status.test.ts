import { once } from "node:events";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { connectBrowser } from "../support/browser/browser.ts";
import { type BusyHour, busyHour } from "../support/browser/status-fixture.ts";
import { untilPage, type Visit, visit } from "../support/browser/visit.ts";
import { startServe } from "../support/cli/run-cli.ts";
import { frame } from "../support/data/frames.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const host = "example.com";
const secret = "a secret in a file, of 32 bytes at least";
const backendSecret = "the secret of the XMPP servers";

describeWith("chromium")("the page of /status, in Chromium", () => {
  let browser: Browser;
  let hour: BusyHour;
  beforeAll(async () => {
    [browser, hour] = await Promise.all([connectBrowser(), busyHour(backendSecret)]);
  });
  afterAll(async () => {
    await browser?.close();
    await hour?.close();
  });

  /** Opens a page as who gives this password when the browser asks for it. */
  async function open(url: string, password = backendSecret): Promise<Visit> {
    const httpCredentials = { username: "anybody", password };
    const context = await browser.newContext({ httpCredentials });
    onTestFinished(() => context.close());
    return visit(context, url);
  }

  /** The rows of the table below a heading, as they are read. */
  async function table({ page }: Visit, heading: string): Promise<string[]> {
    const section = page.locator("section", { has: page.getByRole("heading", { name: heading }) });
    const rows = await section.getByRole("row").allInnerTexts();
    return rows.slice(1).map((row) => row.replace(/\s+/g, " ").trim());
  }

  /** What stands big below a heading. */
  function figure(page: Page, name: string): Promise<string | null> {
    const heading = page.getByRole("heading", { name, exact: true });
    return page.locator("div", { has: heading }).locator(".value").last().textContent();
  }

  test("shows what mayfly serve decides, by itself again and again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-status-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "extauth.sock");
    const config = join(folder, "mayfly.yml");
    const keys = [
      { id: "2026-11", secret: "file:2026-11.key" },
      { id: "2026-10", secret: "an older secret, as long as the new one", state: "verify" },
    ];
    const http = { backend_secret: backendSecret };
    const key = join(folder, "2026-11.key");
    writeFileSync(key, secret, { mode: 0o600 });
    const dayAndHalf = Date.now() / 1000 - 1.5 * 86_400 - 5;
    utimesSync(key, dayAndHalf, dayAndHalf);
    writeFileSync(config, stringify({ keys, http, store: "memory" }), { mode: 0o600 });
    const served = await startServe(["--config", config, "--extauth", `unix:${path}`]);
    onTestFinished(() => served.stop().then(() => {}));

    const server = connect(path);
    onTestFinished(() => void server.destroy());
    const ask = async (user: string, password: string) => {
      server.write(frame(`auth:${user}:${host}:${password}`));
      await once(server, "data");
    };
    const jid = `alice@${host}`;
    const { password } = await mint({ jid }, { keyring: new Keyring([{ id: "2026-11", secret }]) });
    const older = new Keyring([
      { id: "2026-10", secret: "an older secret, as long as the new one" },
    ]);
    const early = Math.floor(Date.now() / 1000) - 7200;
    const expired = await mint({ jid }, { keyring: older, now: early });
    for (let n = 0; n < 3; n++) await ask("alice", password);
    await ask("alice", expired.password);
    await ask("<i>mallory</i>", password);

    const seen = await open(`${served.url}/status`);
    const { page } = seen;
    expect(await page.getByRole("status").textContent()).toBe("OK");
    expect(await figure(page, "accepted")).toBe("3");
    expect(await figure(page, "refused")).toBe("2");
    expect(await table(seen, "Why logins were refused")).toEqual([
      "expired its time is over 1 1",
      "malformed not a credential, or not in a format that the host accepts 1 1",
    ]);
    expect(await table(seen, "Last refusals")).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d <i>mallory<\/i> example\.com malformed$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d alice example\.com expired$/),
    ]);
    expect(await table(seen, "Keys")).toEqual([
      "2026-11 sha1 mints all all 1 d 12 h",
      "2026-10 sha1 verifies all all since 2026-10",
    ]);
    await page.getByText("The last hour in figures").click();
    const rows = page.getByRole("region").getByRole("row");
    expect(await rows.count()).toBeGreaterThanOrEqual(2);
    for (const name of [/^Logins in each minute/, /^Time to decide in each minute/]) {
      expect(await page.getByRole("img", { name }).isVisible()).toBe(true);
    }
    expect([...new Set(seen.requests)]).toEqual(["/status"]);

    // It comes anew by itself, and stays as it is once it is told to.
    await ask("alice", password);
    writeFileSync(config, "keys: none\n");
    served.kill("SIGHUP");
    await untilPage(async () => (await figure(page, "accepted").catch(() => "")) === "4");
    await untilPage(async () => (await page.getByRole("status").textContent()) !== "OK");
    expect(await page.getByRole("alert").textContent()).toContain(
      `${config}:1: keys must be a list`,
    );
    await page.getByRole("link", { name: "stop" }).click();
    await page.getByRole("link", { name: "reload automatically" }).waitFor();
    await seen.picture("status-wrong");
    expect(seen.errors).toEqual([]);
  });

  test("shows nothing to who gives another password", async () => {
    const { page } = await open(`${hour.url}/status`, "another password");
    expect(await page.content()).not.toContain("carol");
    expect(await page.getByRole("heading").count()).toBe(0);
  });

  test("shows an hour at a glance, on a desk and on a phone", async () => {
    const seen = await open(`${hour.url}/status?still`);
    const { page } = seen;
    const filled = page.locator(".chart").first().locator("g:has(rect.accepted)");
    // The minute that is not over yet may have just begun.
    expect(await filled.count()).toBeGreaterThanOrEqual(59);
    expect(await table(seen, "Last refusals")).toHaveLength(20);
    await seen.picture("status");
    for (const width of [320, 390, 768, 1100]) {
      await page.setViewportSize({ width, height: 800 });
      const wide = page.locator("html").evaluate((root) => root.scrollWidth);
      expect(await wide).toBeLessThanOrEqual(width);
    }
  });
});

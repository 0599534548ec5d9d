import type { RequestListener } from "node:http";
import express from "express";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { credentials, nodeHandler, routes } from "../../src/http/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { connectBrowser } from "../support/browser/browser.ts";
import { listen } from "../support/fakes/http-listener.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keyring = new Keyring([{ id: "north", secret: "the secret of the origins" }]);
const apiKey = "an API key of the tests";

/** The route in a server that is not Hono's, for pages of one origin. */
const mounted: Record<string, (origin: string) => RequestListener> = {
  "a bare Node server": (origin) =>
    nodeHandler(routes({ keyring, apiKeys: [apiKey], origins: [origin] })),
  "an Express app": (origin) =>
    express().use(
      "/credentials",
      nodeHandler(credentials({ keyring, apiKeys: [apiKey], origins: [origin] })),
    ),
};

describeWith("chromium")("a page in Chromium, of another origin", () => {
  let browser: Awaited<ReturnType<typeof connectBrowser>>;
  beforeAll(async () => {
    browser = await connectBrowser();
  });
  afterAll(() => browser?.close());

  /** A page, and its origin. */
  async function open(): Promise<[Page, string]> {
    const origin = await listen((_, response) => {
      response.setHeader("content-type", "text/html").end("<!doctype html><title>App</title>");
    });
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(origin);
    return [page, origin];
  }

  /** Asks from inside the page: the name that was minted for, or the error. */
  function ask(page: Page, server: string): Promise<string> {
    const url = `${server}/credentials?username=alice@example.org`;
    const init = { credentials: "include", headers: { authorization: `Bearer ${apiKey}` } };
    return page.evaluate(`
      fetch(${JSON.stringify(url)}, ${JSON.stringify(init)})
        .then((answer) => answer.json())
        .then(({ jid }) => jid, (error) => error.name)
    `);
  }

  test.each(Object.keys(mounted))("asks %s where it is listed, and nowhere else", async (name) => {
    const [page, origin] = await open();
    const [stranger] = await open();
    const server = await listen(mounted[name]?.(origin) as RequestListener);
    expect(await ask(page, server)).toBe("alice@example.org");
    expect(await ask(stranger, server)).toBe("TypeError");
  });
});

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page, WebSocket } from "playwright-core";
import { until } from "../until.ts";

const artifacts = fileURLToPath(new URL("../../../test-artifacts/", import.meta.url));
const wide = { width: 1100, height: 760 };
const phone = { width: 390, height: 844 };

/** Ends every animation as it begins, in a way that a content security policy allows: each frame of it would be painted. */
const stopMotion = `
  const style = new CSSStyleSheet();
  style.replaceSync(\`*, ::before, ::after {
    animation-duration: 0.01ms !important;
    animation-iteration-count: 1 !important;
  }\`);
  document.adoptedStyleSheets.push(style);`;

/** A page in a browser, and what came of it. */
export interface Visit {
  page: Page;
  /** Whether it is connected to the XMPP server. */
  isConnected(): boolean;
  /** What it sent to the XMPP server, and what it heard. */
  sent: string[];
  heard: string[];
  /** What it asked of the app server. */
  requests: string[];
  /** What went wrong in it that nobody caught. */
  errors: Error[];
  /** What its own content security policy has stopped. */
  violations: string[];
  /** Keeps pictures of it, wide and light, and dark on a phone: for people to look at. */
  picture(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Waits until a page is as this function says; not `until`, as each look at a page takes its time. */
export function untilPage<T>(look: () => Promise<T>): Promise<Exclude<T, undefined | false>> {
  return until(look, 100);
}

/** Opens a page: in a browser as somebody new, in a context beside the others that are open there. */
export async function visit(where: Browser | BrowserContext, url: string): Promise<Visit> {
  const page = await where.newPage();
  page.setDefaultTimeout(60_000); // a busy machine takes its time
  await page.setViewportSize(wide);
  await page.addInitScript(stopMotion);
  const sockets: WebSocket[] = [];
  const sent: string[] = [];
  const heard: string[] = [];
  const requests: string[] = [];
  const errors: Error[] = [];
  const violations: string[] = [];
  page.on("websocket", (socket) => {
    sockets.push(socket);
    socket.on("framesent", ({ payload }) => sent.push(String(payload)));
    socket.on("framereceived", ({ payload }) => heard.push(String(payload)));
  });
  page.on("request", (request) => requests.push(new URL(request.url()).pathname));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error));
  await page.goto(url);
  return {
    ...{ page, sent, heard, requests, errors, violations },
    isConnected: () => sockets.some((socket) => !socket.isClosed()),
    async picture(name) {
      mkdirSync(artifacts, { recursive: true });
      await page.screenshot({ path: `${artifacts}${name}.png`, fullPage: true });
      await page.emulateMedia({ colorScheme: "dark" });
      await page.setViewportSize(phone);
      await page.screenshot({ path: `${artifacts}${name}-phone.png`, fullPage: true });
      await page.emulateMedia({ colorScheme: null });
      await page.setViewportSize(wide);
    },
    close: () => page.close(),
  };
}

/** The initial responses that a page has sent. */
export function responsesOf({ sent }: Visit): { mechanism: string | undefined; bytes: string }[] {
  return sent
    .filter((frame) => frame.startsWith("<auth "))
    .map((frame) => ({
      mechanism: / mechanism=["']([^"']+)["']/.exec(frame)?.[1],
      bytes: Buffer.from(/>([^<]+)</.exec(frame)?.[1] ?? "", "base64").toString("latin1"),
    }));
}

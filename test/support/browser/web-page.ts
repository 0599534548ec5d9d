import { fileURLToPath } from "node:url";
import { build } from "vite";
import { untilPage, type Visit } from "./visit.ts";

/** Builds the page of an example. */
export async function buildPage(folder: string, example: "web" | "call" = "web"): Promise<void> {
  const address = new URL(`../../../examples/${example}/vite.config.ts`, import.meta.url);
  const config = fileURLToPath(address);
  await build({ configFile: config, logLevel: "warn", build: { outDir: folder } });
}

/** What a page says of its connection. */
export function status({ page }: Visit): Promise<string | null> {
  return page.getByRole("status").textContent();
}

/** Waits until a page's status is this. */
export async function reads(visit: Visit, expected: string): Promise<void> {
  await untilPage(async () => (await status(visit)) === expected);
}

/** Whether a page shows an alert, with this in it. */
export function alerts({ page }: Visit, hasText: string | RegExp = ""): Promise<boolean> {
  return page.getByRole("alert").filter({ hasText, visible: true }).isVisible();
}

/** What a page says under a heading of a list. */
export function fact({ page }: Visit, term: string): Promise<string | null> {
  return page
    .locator("dl div", { has: page.getByText(term, { exact: true }) })
    .getByRole("definition")
    .textContent();
}

/** How long its credential is good for, by what it shows. */
export async function secondsLeft({ page }: Visit): Promise<number> {
  const [minutes, seconds] = (await page.getByRole("timer").textContent())?.split(":") ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

/** Writes to whom the page chats with. */
export async function say({ page }: Visit, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** Whether it shows what somebody else wrote. */
export function hears({ page }: Visit, text: string): Promise<boolean> {
  return page.getByRole("log").locator("li:not(.own)").getByText(text).isVisible();
}

import type { Context } from "hono";

/**
 * Whether a page of the same origin has sent a request, by what the browser says: `Sec-Fetch-Site`, or in
 * older browsers `Origin` and `Referer`. A request without any of them does not count.
 *
 * @see {@link https://www.w3.org/TR/fetch-metadata/}
 */
export function isFromOwnPage(c: Context, origin: string): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const from = c.req.header("origin") ?? c.req.header("referer") ?? "";
  return URL.canParse(from) && new URL(from).origin === origin;
}

/** Whether the browser opens a page, in a tab or window of its own. */
export function isNavigation(c: Context): boolean {
  const { mode, destination } = {
    mode: c.req.header("sec-fetch-mode") ?? "navigate",
    destination: c.req.header("sec-fetch-dest") ?? "document",
  };
  return c.req.method === "GET" && mode === "navigate" && destination === "document";
}

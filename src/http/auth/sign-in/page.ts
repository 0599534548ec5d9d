import { createHash } from "node:crypto";
import type { Context } from "hono";
import { html, raw } from "hono/html";

/** What a page says. */
export interface Notice {
  title: string;
  text: string;
  /** A link below the text. */
  link?: { href: string; text: string };
}

const style =
  "body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}";

/** Forbids all but the style: the page has nothing else. */
export const contentPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A page for people with one sentence and one link. */
export function noticePage(
  c: Context,
  status: 200 | 400 | 403 | 503,
  { title, text, link }: Notice,
): Response | Promise<Response> {
  c.header("content-security-policy", contentPolicy);
  c.header("referrer-policy", "same-origin");
  return c.html(
    html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${title}</title>
    <style>${raw(style)}</style>
  </head>
  <body>
    <h1>${title}</h1>
    <p>${text}</p>
    ${link && html`<p><a href="${link.href}">${link.text}</a></p>`}
  </body>
</html>`,
    status,
  );
}

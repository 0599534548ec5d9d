import { html } from "hono/html";

/** What the chat page is told. */
export interface ChatPage {
  /** WebSocket of the XMPP server. */
  service: string;
  /** Where the user signs out, if that is at Mayfly. */
  signOut: string | undefined;
}

/**
 * What the page may load: its own files, the WebSocket, and files that users send each other from the same
 * server. Converse sets the style of single elements, which needs `unsafe-inline` for styles.
 *
 * @see {@link https://www.w3.org/TR/CSP3/}
 */
export function contentPolicy(service: string): string {
  const socket = new URL(service).origin;
  const uploads = socket.replace(/^ws/, "http");
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    `connect-src 'self' ${socket} ${uploads}`,
    `img-src 'self' data: blob: ${uploads}`,
    `media-src 'self' blob: ${uploads}`,
    "font-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** The page with Converse. Its addresses are relative, for a proxy's prefix. */
export function chatPage({ service, signOut }: ChatPage): ReturnType<typeof html> {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Chat</title>
    <link rel="stylesheet" href="chat/converse/converse.min.css" />
    <script type="module" src="chat/converse/converse.min.js"></script>
    <script type="module" src="chat/script.js"></script>
  </head>
  <body class="converse-fullscreen" data-service="${service}" data-sign-out="${signOut ?? ""}"></body>
</html>`;
}

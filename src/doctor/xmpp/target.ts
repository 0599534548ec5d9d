import { MayflyError } from "../../error.ts";

/** A server's address, from its URL. */
export interface Target {
  /** `wss`: WebSocket; `ws`: the same without TLS, loopback only; `xmpp`: TCP with STARTTLS; `xmpps`: TCP with direct TLS. */
  scheme: "wss" | "ws" | "xmpp" | "xmpps";
  hostname: string;
  port: number;
  /** The URL as given. */
  url: string;
}

const ports = { wss: 443, ws: 80, xmpp: 5222, xmpps: 5223 };

/**
 * Parses `wss://chat.example.com/ws`, `xmpp://chat.example.com:5222`, `xmpps://chat.example.com:5223`, or
 * `ws://localhost:5280/ws`; without TLS only a loopback host.
 *
 * @throws {@link MayflyError} `ERR_REQUEST` for anything else.
 */
export function parseTarget(text: string): Target {
  const scheme = /^(wss?|xmpps?):\/\//.exec(text)?.[1] as Target["scheme"] | undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const forms = "name the server as wss://HOST/PATH, xmpp://HOST:5222 or xmpps://HOST:5223";
  if (!scheme || !url?.hostname) throw new MayflyError("ERR_REQUEST", forms);
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (scheme === "ws" && !isLoopback(hostname)) {
    const insecure = "a credential is sent without TLS to this machine alone";
    throw new MayflyError("ERR_REQUEST", `${insecure}: ${forms}`);
  }
  return { scheme, hostname, port: Number(url.port) || ports[scheme], url: text };
}

/** Whether a host is this machine; `URL` has normalized addresses by then. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^127(\.\d+){3}$/.test(hostname);
}

/** Whether the scheme is a WebSocket's. */
export function isWebSocket({ scheme }: Target): boolean {
  return scheme === "wss" || scheme === "ws";
}

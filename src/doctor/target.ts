import { MayflyError } from "../error.ts";

/** Where a server is spoken to. */
export interface Target {
  /** A WebSocket with TLS; TCP with STARTTLS; TCP with TLS from the start. */
  scheme: "wss" | "xmpp" | "xmpps";
  hostname: string;
  port: number;
  /** As it was given. */
  url: string;
}

const ports = { wss: 443, xmpp: 5222, xmpps: 5223 };

/**
 * Reads `wss://chat.example.com/ws`, `xmpp://chat.example.com:5222` or `xmpps://chat.example.com:5223`.
 *
 * @throws {@link MayflyError} `ERR_REQUEST` for anything else.
 */
export function parseTarget(text: string): Target {
  const scheme = /^(wss|xmpps?):\/\//.exec(text)?.[1] as Target["scheme"] | undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!scheme || !url?.hostname) {
    const insecure = /^ws:/.test(text) ? "a credential is not sent without TLS: " : "";
    const forms = "wss://HOST/PATH, xmpp://HOST:5222 or xmpps://HOST:5223";
    throw new MayflyError("ERR_REQUEST", `${insecure}name the server as ${forms}`);
  }
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { scheme, hostname, port: Number(url.port) || ports[scheme], url: text };
}

/** The part of an `@xmpp/client` connection that tells where it leads. */
export interface Connection {
  isSecure(): boolean;
  socket?: unknown;
}

/**
 * Whether a password may be sent: the connection is encrypted, or never leaves this machine.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4616#section-4}
 */
export function isSafe(connection: Connection): boolean {
  return connection.isSecure() || isLoopback(peer(connection));
}

/** Where the socket is connected in fact: a `net.Socket` knows the address, a WebSocket its URL. */
function peer({ socket }: Connection): string {
  const { remoteAddress, url } = (socket ?? {}) as { remoteAddress?: string; url?: string };
  if (remoteAddress) return remoteAddress;
  return url ? new URL(url).hostname : "";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || /^\[?::1\]?$/.test(host) || /^(::ffff:)?127(\.\d+){3}$/.test(host);
}

import { TLSSocket } from "node:tls";

/** What the TLS handshake, and an HTTP upgrade, say about the server. */
export interface TlsPeer {
  /** Why the certificate is not trusted for its name; absent if it is. */
  distrust?: string;
  /** The expiry of the certificate. */
  expires?: Date;
  /** The share of its lifetime that is left, from 0 to 1. */
  left?: number;
  /** The server's time: the `Date` of the HTTP response. */
  date?: Date;
}

/** Reads the certificate of a TLS socket. */
export function tlsPeerOf(socket: unknown): TlsPeer {
  if (!(socket instanceof TLSSocket)) return {};
  const { valid_from, valid_to } = socket.getPeerCertificate();
  const [from, expires] = [new Date(valid_from), new Date(valid_to)];
  const left = (expires.getTime() - Date.now()) / (expires.getTime() - from.getTime());
  return {
    ...(!socket.authorized && { distrust: String(socket.authorizationError) }),
    ...(left >= 0 && { expires, left }),
  };
}

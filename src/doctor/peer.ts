import { TLSSocket } from "node:tls";

/** What is known of who is at the other end, before anything is said. */
export interface Peer {
  /** Why its certificate is not to be trusted for its name; absent where it is. */
  distrust?: string;
  /** When its certificate expires, and how much of its life is left. */
  expires?: Date;
  left?: number;
  /** The time there, where it said so: the `Date` of an HTTP response. */
  date?: Date;
}

/** What TLS tells of the other end. */
export function peerOf(socket: unknown): Peer {
  if (!(socket instanceof TLSSocket)) return {};
  const { valid_from, valid_to } = socket.getPeerCertificate();
  const [from, expires] = [new Date(valid_from), new Date(valid_to)];
  const left = (expires.getTime() - Date.now()) / (expires.getTime() - from.getTime());
  return {
    ...(!socket.authorized && { distrust: String(socket.authorizationError) }),
    ...(left >= 0 && { expires, left }),
  };
}

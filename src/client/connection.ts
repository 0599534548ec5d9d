/** The part of a client of `@xmpp/client` that a login has to do with. */
export interface Connection {
  isSecure(): boolean;
  /** Another one, or none, on each connection. */
  socket?: { end?(): void } | null;
  reconnect?: { start(): void; stop(): void };
  once?(event: "connecting", listener: () => void): unknown;
}

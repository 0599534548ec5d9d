interface Fields {
  username: string;
}

interface Mechanism {
  name: string;
  response(credential: Fields): string | Promise<string>;
}

/** Factory of mechanisms; creates one for each login. */
export interface SaslFactory {
  create(names: string[]): Mechanism | null;
}

/** XML element that carries a mechanism's message. */
export interface MessageElement {
  attrs: { mechanism?: string };
  children: unknown[];
  getChild(name: string): MessageElement | undefined;
}

/** The members of an `@xmpp/client` client that a login uses. */
export interface Connection {
  isSecure(): boolean;
  /** The current socket; each connection has its own. */
  socket?: { end?(): void } | null;
  reconnect?: { start(): void; stop(): void };
  saslFactory?: SaslFactory;
  fast?: { saslFactory: SaslFactory };
  send?(element: MessageElement): Promise<void>;
  once?(event: "connecting", listener: () => void): unknown;
  emit?(event: string, ...values: unknown[]): boolean;
}

/**
 * Closes a connection on which a login has failed: `@xmpp/client` would leave it open, and not log in
 * again.
 *
 * @param forGood - stops automatic reconnection until the app starts the client again
 */
export function closeConnection(connection: Connection, forGood: boolean): void {
  const { socket } = connection;
  if (forGood) stopReconnecting(connection);
  // Closes after the app has received the failure. disconnect() would interfere with an app that
  // stops the client.
  setTimeout(() => {
    if (connection.socket === socket) socket?.end?.();
  });
}

/** Stops automatic reconnection until the app starts the client again. */
export function stopReconnecting(connection: Connection): void {
  const { reconnect } = connection;
  if (!reconnect) return;
  reconnect.stop();
  connection.once?.("connecting", () => reconnect.start());
}

/**
 * Makes a client ignore what its server sends after the stream was closed. `@xmpp/client` 0.14 throws a
 * `TypeError` there when an app stops the client on the error that ends its session. No promise rejects with
 * it, so that it ends a Node process.
 */
export function ignoreLateData(client: object): void {
  const connection = client as { parser?: unknown; _onData?(data: unknown): void };
  const read = connection._onData;
  if (!read) return;
  connection._onData = function (data) {
    if (this.parser) read.call(this, data);
  };
}

import type { Connection } from "./connection.ts";

/**
 * Closes a connection on which a login has failed: `@xmpp/client` would leave it open, and never log
 * in again.
 *
 * @param forGood - keeps it from connecting again by itself, until the app has it start
 */
export function leave(connection: Connection, forGood: boolean): void {
  const { reconnect, socket } = connection;
  if (forGood && reconnect) {
    reconnect.stop();
    connection.once?.("connecting", () => reconnect.start());
  }
  // Once the app has heard of the failure. Not with disconnect(): should the app stop the client,
  // the two would get in each other's way.
  setTimeout(() => {
    if (connection.socket === socket) socket?.end?.();
  });
}

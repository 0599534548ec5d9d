import { MayflyError } from "../error.ts";
import { type Connection, stopReconnecting } from "./connection.ts";

/** The `StreamError` of `@xmpp/client`, as far as it is read. */
interface StreamError extends Error {
  element?: {
    getChild(name: string, xmlns?: string): unknown;
    getChildText(name: string): string | null;
  };
}

/** The application condition with which Mayfly's server modules end a session (RFC 6120 section 4.9.4). */
const namespace = "urn:mayfly:revoked:0";

const listeners = new WeakMap<Connection, () => void>();

/**
 * Makes a client of `@xmpp/client` tell by one `ERR_REVOKED`, in the place of its stream error, that its
 * session was ended because the credential was revoked; and keeps it from connecting again.
 *
 * @param onRevoked - called then; of several calls for one client the last one's counts
 */
export function reportRevocation(connection: Connection, onRevoked: () => void): void {
  const { emit } = connection;
  const isAdapted = listeners.has(connection);
  listeners.set(connection, onRevoked);
  if (isAdapted || !emit) return;
  connection.emit = (event, ...values) => {
    const revoked = event === "error" ? revocationIn(values[0] as StreamError) : undefined;
    if (!revoked) return emit.call(connection, event, ...values);
    stopReconnecting(connection);
    listeners.get(connection)?.();
    return emit.call(connection, event, revoked);
  };
}

function revocationIn(cause: StreamError): MayflyError | undefined {
  if (!cause?.element?.getChild("revoked", namespace)) return undefined;
  const text = cause.element.getChildText("text") ?? "";
  const message = `the session was ended: ${text || "its credential was revoked"}`;
  return new MayflyError("ERR_REVOKED", message, { cause });
}

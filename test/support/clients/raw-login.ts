import { createElement } from "ltx";
import { openRawStream, type RawStream } from "./raw-stream.ts";
import type { Service } from "./xmpp-client.ts";

/** Whom to log in, in any spelling. */
export interface RawLogin {
  user: string;
  host: string;
  password: string;
  /** One that has the message of PLAIN. @defaultValue `PLAIN` */
  mechanism?: "PLAIN" | "X-OAUTH2";
}

/**
 * Logs in and out with SASL over a bare WebSocket, because `@xmpp/client` garbles what is
 * not ASCII: the bare JID that was bound, or the SASL condition of the refusal.
 */
export function rawOutcome(server: Service, login: RawLogin): Promise<string> {
  const { user, host, password, mechanism = "PLAIN" } = login;
  return saslOutcome(server, host, mechanism, `\0${user}\0${password}`);
}

/** The same with any mechanism that takes one message. */
export function saslOutcome(
  server: Service,
  host: string,
  mechanism: string,
  response: string,
): Promise<string> {
  return exchangeOutcome(server, host, (stream) => stream.authenticate(mechanism, response));
}

/** The same with any exchange, which gives `success` or why there is none. */
export async function exchangeOutcome(
  server: Service,
  host: string,
  exchange: (stream: RawStream) => Promise<string>,
): Promise<string> {
  const stream = await openRawStream(server, host);
  try {
    await stream.open();
    const answer = await exchange(stream);
    if (answer !== "success") return answer;
    await stream.open();
    return await bind(stream);
  } finally {
    await stream.close();
  }
}

/** Binds any resource: the bare JID that it is of. */
export async function bind(stream: RawStream): Promise<string> {
  const element = createElement("bind", { xmlns: "urn:ietf:params:xml:ns:xmpp-bind" });
  const iq = createElement("iq", { xmlns: "jabber:client", type: "set", id: "1" }, element);
  const bound = await stream.ask(iq, ["iq"]);
  return bound.getChild("bind")?.getChildText("jid")?.split("/")[0] ?? String(bound);
}

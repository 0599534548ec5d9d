import { once } from "node:events";
import { createElement, type Element, parse } from "ltx";
import { WebSocket } from "ws";
import type { Service } from "./xmpp-client.ts";

const sasl = "urn:ietf:params:xml:ns:xmpp-sasl";

/** An XMPP stream over a bare WebSocket (RFC 7395), for what `@xmpp/client` cannot say. */
export interface RawStream {
  /** Opens the stream, or opens it anew after a login: its features. */
  open(): Promise<Element>;
  /** Sends an element and waits for one of these names; what else comes is passed over. */
  ask(element: Element, names: string[]): Promise<Element>;
  /**
   * Starts a SASL exchange: `success`, the condition of a failure, `stream:` and the condition of a
   * stream error, or `challenge:` and its text.
   */
  authenticate(mechanism: string, response?: string): Promise<string>;
  /** Answers a challenge. */
  respond(response: string): Promise<string>;
  /** Sends an element of a SASL exchange: the same outcomes. */
  negotiate(element: Element): Promise<string>;
  close(): Promise<void>;
}

/** Connects to a server, for one of its hosts, as somebody where `from` says so, with HTTP headers. */
export async function openRawStream(
  { url, ca }: Service,
  host: string,
  from?: string,
  headers: Record<string, string> = {},
): Promise<RawStream> {
  const socket = new WebSocket(url, "xmpp", { ca, headers });
  const received: Element[] = [];
  socket.on("message", (data) => {
    received.push(parse(String(data)));
    socket.emit("received");
  });
  const closed = once(socket, "close");
  await once(socket, "open");
  return {
    open() {
      const xmlns = "urn:ietf:params:xml:ns:xmpp-framing";
      const open = createElement("open", { xmlns, from, to: host, version: "1.0" });
      return ask(open, ["stream:features"]);
    },
    ask,
    authenticate: (mechanism, response) =>
      negotiate(createElement("auth", { xmlns: sasl, mechanism }, ...encoded(response))),
    respond: (response) =>
      negotiate(createElement("response", { xmlns: sasl }, ...encoded(response))),
    negotiate,
    async close() {
      socket.close();
      await closed;
    },
  };

  async function ask(element: Element, names: string[]): Promise<Element> {
    socket.send(String(element));
    for (;;) {
      const answer = received.splice(0).find(({ name }) => names.includes(name));
      if (answer) return answer;
      // The last that it says may come with the end.
      if (socket.readyState !== socket.OPEN) throw new Error("the server closed the stream");
      await Promise.race([once(socket, "received"), closed]);
    }
  }

  async function negotiate(element: Element): Promise<string> {
    const answer = await ask(element, ["success", "failure", "stream:error", "challenge"]);
    const condition = answer.getChildElements()[0]?.name ?? "";
    if (answer.is("failure")) return condition;
    if (answer.name === "stream:error") return `stream:${condition}`;
    if (answer.is("success")) return "success";
    return `challenge:${Buffer.from(answer.text(), "base64")}`;
  }
}

function encoded(response: string | undefined): string[] {
  return response === undefined ? [] : [Buffer.from(response).toString("base64") || "="];
}

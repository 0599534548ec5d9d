import { once } from "node:events";
import { createElement, type Element, parse } from "ltx";
import { WebSocket } from "ws";
import type { Ejabberd } from "./ejabberd.ts";

/** Whom to log in, in any spelling. */
export interface RawLogin {
  user: string;
  host: string;
  password: string;
}

/**
 * Logs in and out with SASL PLAIN over a bare WebSocket, because `@xmpp/client` garbles what is
 * not ASCII: the bare JID that was bound, or the SASL condition of the refusal.
 */
export async function rawOutcome(server: Ejabberd, login: RawLogin): Promise<string> {
  const socket = new WebSocket(server.url, "xmpp", { ca: server.ca });
  const received: Element[] = [];
  socket.on("message", (data) => {
    received.push(parse(String(data)));
    socket.emit("received");
  });
  const closed = once(socket, "close");
  try {
    await once(socket, "open");
    await openStream();
    const plain = Buffer.from(`\0${login.user}\0${login.password}`).toString("base64");
    const auth = { xmlns: "urn:ietf:params:xml:ns:xmpp-sasl", mechanism: "PLAIN" };
    const answer = await ask(createElement("auth", auth, plain), ["success", "failure"]);
    if (answer.is("failure")) return answer.getChildElements()[0]?.name ?? "";
    await openStream();
    const bind = createElement("bind", { xmlns: "urn:ietf:params:xml:ns:xmpp-bind" });
    const bound = await ask(createElement("iq", { type: "set", id: "1" }, bind), ["iq"]);
    return bound.getChild("bind")?.getChildText("jid")?.split("/")[0] ?? String(bound);
  } finally {
    socket.close();
    await closed;
  }

  async function openStream(): Promise<void> {
    const xmlns = "urn:ietf:params:xml:ns:xmpp-framing";
    const open = createElement("open", { xmlns, to: login.host, version: "1.0" });
    await ask(open, ["stream:features"]);
  }

  /** Sends an element and waits for one of these names; what else comes is passed over. */
  async function ask(element: Element, names: string[]): Promise<Element> {
    socket.send(String(element));
    for (;;) {
      const answer = received.splice(0).find(({ name }) => names.includes(name));
      if (answer) return answer;
      await Promise.race([once(socket, "received"), closed]);
      if (socket.readyState !== socket.OPEN) throw new Error("the server closed the stream");
    }
  }
}

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createElement, type Element, parse } from "ltx";
import { type WebSocket, WebSocketServer } from "ws";

const sasl = "urn:ietf:params:xml:ns:xmpp-sasl";

/** What a server does on hearing one of the elements of a login. */
export type Reply = (auth: Element, socket: WebSocket) => void;

/** A server that does what real ones do when they must not. */
export interface Scripted {
  url: string;
  /** The names of all elements that it heard, a list for each connection. */
  heard: string[][];
  stop(): Promise<void>;
}

/** Starts a server on a loopback WebSocket that offers mechanisms, and does with a login as told. */
export async function startScripted(offered: string[], reply: Reply): Promise<Scripted> {
  const heard: string[][] = [];
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket) => {
    const names: string[] = [];
    heard.push(names);
    socket.on("message", (data) => {
      const element = parse(String(data));
      names.push(element.name);
      if (element.is("open")) {
        open(socket, names.filter((name) => name === "open").length > 1 ? bind() : mechanisms());
      } else if (element.is("close")) {
        socket.send(String(element));
      } else if (element.is("iq")) {
        const jid = createElement("jid", {}, "alice@example.org/1");
        const bound = createElement("bind", { xmlns: "urn:ietf:params:xml:ns:xmpp-bind" }, jid);
        const { id } = element.attrs;
        socket.send(
          String(createElement("iq", { xmlns: "jabber:client", type: "result", id }, bound)),
        );
      } else {
        reply(element, socket);
      }
    });
  });
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    async stop() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((done) => server.close(done));
    },
  };

  function open(socket: WebSocket, feature: Element): void {
    const framing = "urn:ietf:params:xml:ns:xmpp-framing";
    const xmlns = "http://etherx.jabber.org/streams";
    socket.send(String(createElement("open", { xmlns: framing, id: "1", version: "1.0" })));
    const features = createElement("stream:features", { "xmlns:stream": xmlns }, feature);
    socket.send(String(features));
  }

  function mechanisms(): Element {
    const names = offered.map((name) => createElement("mechanism", {}, name));
    return createElement("mechanisms", { xmlns: sasl }, ...names);
  }

  function bind(): Element {
    return createElement("bind", { xmlns: "urn:ietf:params:xml:ns:xmpp-bind" });
  }
}

/** Lets a client in. */
export function succeed(socket: WebSocket): void {
  socket.send(String(createElement("success", { xmlns: sasl })));
}

/** Refuses a client. */
export function fail(socket: WebSocket, condition: string): void {
  socket.send(String(createElement("failure", { xmlns: sasl }, createElement(condition, {}))));
}

/** Challenges a client. */
export function challenge(socket: WebSocket, message: string): void {
  socket.send(String(createElement("challenge", { xmlns: sasl }, btoa(message))));
}

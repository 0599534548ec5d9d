import type { IncomingMessage } from "node:http";
import { createElement, parse } from "ltx";
import { WebSocket } from "ws";
import { StanzaQueue } from "./stanza-queue.ts";
import type { Target } from "./target.ts";
import { type TlsPeer, tlsPeerOf } from "./tls-peer.ts";
import { type Transport, type TransportOptions, waitForStep } from "./transport.ts";

const framing = "urn:ietf:params:xml:ns:xmpp-framing";

/** Opens XMPP over a WebSocket (RFC 7395). */
export async function overWebSocket(target: Target, options: TransportOptions): Promise<Transport> {
  const inbox = new StanzaQueue();
  const socket = new WebSocket(target.url, "xmpp", {
    ca: options.ca,
    rejectUnauthorized: false,
    handshakeTimeout: options.timeoutMs,
  });
  let peer: TlsPeer = {};
  socket
    .on("upgrade", (response) => {
      peer = peerWith(response);
    })
    .on("message", (data) => receive(String(data)))
    .on("close", () => inbox.end("closed"));
  await waitForStep(
    options.timeoutMs,
    "the WebSocket",
    new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject)),
  );
  return {
    inbox,
    peer,
    open(to, from) {
      const attrs = { xmlns: framing, to, ...(from !== undefined && { from }), version: "1.0" };
      socket.send(String(createElement("open", attrs)));
    },
    send: (element) => socket.send(String(element)),
    async secure() {},
    close: () => socket.terminate(),
  };

  function receive(text: string): void {
    try {
      const element = parse(text);
      if (element.is("close", framing)) inbox.end("closed");
      else inbox.put(element);
    } catch {
      inbox.end("the server sends no XML");
    }
  }
}

function peerWith(response: IncomingMessage): TlsPeer {
  const date = new Date(response.headers.date ?? "");
  return { ...tlsPeerOf(response.socket), ...(!Number.isNaN(date.getTime()) && { date }) };
}

import type { IncomingMessage } from "node:http";
import { createElement, parse } from "ltx";
import { WebSocket } from "ws";
import { Inbox } from "./inbox.ts";
import { type Line, type LineOptions, within } from "./line.ts";
import { type Peer, peerOf } from "./peer.ts";
import type { Target } from "./target.ts";

const framing = "urn:ietf:params:xml:ns:xmpp-framing";

/** Speaks XMPP over a WebSocket (RFC 7395). */
export async function overWebSocket(target: Target, options: LineOptions): Promise<Line> {
  const inbox = new Inbox();
  const socket = new WebSocket(target.url, "xmpp", {
    ca: options.ca,
    rejectUnauthorized: false,
    handshakeTimeout: options.patience,
  });
  let peer: Peer = {};
  socket
    .on("upgrade", (response) => {
      peer = peerWith(response);
    })
    .on("message", (data) => receive(String(data)))
    .on("close", () => inbox.end("closed"));
  await within(
    options.patience,
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
      inbox.end("what it sends is not XML");
    }
  }
}

function peerWith(response: IncomingMessage): Peer {
  const date = new Date(response.headers.date ?? "");
  return { ...peerOf(response.socket), ...(!Number.isNaN(date.getTime()) && { date }) };
}

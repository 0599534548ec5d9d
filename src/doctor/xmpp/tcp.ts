import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { connect as connectTls } from "node:tls";
import { createElement } from "ltx";
import { StanzaQueue } from "./stanza-queue.ts";
import type { Target } from "./target.ts";
import { tlsPeerOf } from "./tls-peer.ts";
import { type Transport, type TransportOptions, waitForStep } from "./transport.ts";
import { readDocument } from "./xml-reader.ts";

/** Opens XMPP over TCP (RFC 6120), with TLS from the start for `xmpps`. */
export async function overTcp(target: Target, options: TransportOptions): Promise<Transport> {
  const { name, ca, timeoutMs } = options;
  const inbox = new StanzaQueue();
  let socket: Socket = connect(target.port, target.hostname);
  const line: Transport = { inbox, peer: {}, open, send, secure, close };
  try {
    await waitForStep(timeoutMs, "TCP", once(socket, "connect"));
    if (target.scheme === "xmpps") await secure();
    else listen();
  } catch (error) {
    close();
    throw error;
  }
  return line;

  function open(to: string, from?: string): void {
    listen();
    const attrs = {
      xmlns: "jabber:client",
      "xmlns:stream": "http://etherx.jabber.org/streams",
      to,
      ...(from !== undefined && { from }),
      version: "1.0",
    };
    const header = String(createElement("stream:stream", attrs)).replace(/\/>$/, ">");
    socket.write(`<?xml version='1.0'?>${header}`);
  }

  /** Each stream is a document of its own, also where it follows another on the same socket. */
  function listen(): void {
    const decoder = new StringDecoder("utf8");
    const read = readDocument(
      (element) => inbox.put(element),
      () => inbox.end("closed"),
    );
    socket
      .removeAllListeners("data")
      .on("data", (chunk: Buffer) => read(decoder.write(chunk)))
      .removeAllListeners("error")
      .on("error", ({ message }) => inbox.end(message))
      .removeAllListeners("close")
      .on("close", () => inbox.end("closed"));
  }

  function send(element: object): void {
    socket.write(String(element));
  }

  async function secure(): Promise<void> {
    for (const event of ["data", "error", "close"]) socket.removeAllListeners(event);
    const secured = connectTls({
      socket,
      ca,
      rejectUnauthorized: false,
      ...(!isIP(name) && { servername: name }),
      host: name,
      ALPNProtocols: target.scheme === "xmpps" ? ["xmpp-client"] : [],
    });
    socket.on("error", () => {}); // the TLS socket reports it too
    await waitForStep(timeoutMs, "TLS", once(secured, "secureConnect"));
    line.peer = tlsPeerOf(secured);
    socket = secured;
    listen();
  }

  function close(): void {
    socket.on("error", () => {}).destroy();
  }
}

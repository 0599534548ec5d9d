import { type Client, client, xml } from "@xmpp/client";
import type { Element } from "ltx";
import { MayflyError, type MintedCredential, mayfly } from "mayfly/client";
import type { Session } from "../session.ts";

/** What a page wants to hear of its connection. */
export interface Watcher {
  minted(credential: MintedCredential): void;
  /** A credential is presented to the server. */
  presented(mechanism: string): void;
  online(jid: string): void;
  /** The connection is gone; it comes back by itself. */
  lost(): void;
  /** Something fails that passes; it is tried again in so many milliseconds. */
  waits(error: Error, wait: number): void;
  /** There is no login, and no other will be tried. */
  failed(error: MayflyError): void;
  said(from: string, text: string): void;
}

/** A connection that logs in by itself, again and again. */
export interface Connection {
  send(to: string, text: string): Promise<void>;
  /** Drops the connection, as a tunnel does. */
  cut(): void;
  /** Tries once more what has failed. */
  again(): Promise<void>;
  close(): Promise<void>;
}

/** Connects, and logs in with what the app server mints. */
export function connect({ host, service }: Session, watcher: Watcher): Connection {
  let isClosed = false;
  const login = mayfly({
    url: "/credentials",
    onMint: (credential) => isClosed || watcher.minted(credential),
    onRetry: (error, wait) => isClosed || watcher.waits(error, wait),
  });
  const xmpp = client({
    service: new URL(service, location.href.replace(/^http/, "ws")).href,
    domain: host,
    credentials: login.credentials,
  });
  login.install(xmpp); // for tokens; a MAC goes by PLAIN

  xmpp.on("send", (element: Element) => {
    if (/^auth/.test(element.name)) watcher.presented(element.attrs.mechanism ?? "");
  });
  xmpp.on("online", async () => {
    watcher.online(String(xmpp.jid));
    await xmpp.send(xml("presence"));
  });
  // With stream management it goes on where it was, and is not `online` anew.
  const resuming = xmpp.streamManagement as unknown as Client;
  resuming.on("resumed", () => watcher.online(String(xmpp.jid)));
  xmpp.on("disconnect", watcher.lost);
  xmpp.on("error", (error: Error) => {
    if (error instanceof MayflyError && error.code !== "ERR_UNAVAILABLE") watcher.failed(error);
  });
  xmpp.on("stanza", (stanza) => {
    const text = stanza.is("message") && stanza.getChildText("body");
    if (text && stanza.attrs.type === "chat")
      watcher.said(stanza.attrs.from.replace(/\/.*/, ""), text);
  });
  const start = () =>
    xmpp.start().then(
      () => {},
      () => {},
    ); // it is an `error`, too
  void start();

  return {
    send: (to, text) => xmpp.send(xml("message", { to, type: "chat" }, xml("body", {}, text))),
    cut: () => (xmpp.socket as unknown as { end(): void } | null)?.end(),
    async again() {
      await xmpp.stop();
      await start();
    },
    async close() {
      isClosed = true;
      await xmpp.stop();
    },
  };
}

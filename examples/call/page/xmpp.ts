import { client, xml } from "@xmpp/client";
import { MayflyError, type MintedCredential, mayfly } from "mayfly/client";

/** What a page wants to hear of its chat. */
export interface ChatWatcher {
  online(): void;
  /** The connection is gone; it comes back by itself. */
  lost(): void;
  /** The server refuses the credential. */
  refused(reason: string): void;
  /** Somebody who is subscribed to comes or goes. */
  seen(jid: string, isOnline: boolean): void;
  said(from: string, text: string): void;
}

/** A chat that is logged in, again and again while its credential is good. */
export interface Chat {
  /** Asks to see whether somebody is online; once it is itself. */
  watch(jid: string): void;
  send(to: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/** Logs in to an XMPP server with a credential. */
export function openChat(
  service: string,
  credential: MintedCredential,
  watcher: ChatWatcher,
): Chat {
  let isOver = false;
  const [, domain = ""] = credential.jid?.split("@") ?? [];
  const login = mayfly({ mint: () => credential });
  const xmpp = client({ service, domain, credentials: login.credentials });
  const devices = new Set<string>(); // full JIDs that are online
  let watched = "";
  const subscribe = () => xmpp.send(xml("presence", { to: watched, type: "subscribe" }));

  xmpp.on("online", async () => {
    devices.clear();
    await xmpp.send(xml("presence"));
    if (watched) await subscribe();
    watcher.online();
  });
  xmpp.on("disconnect", () => isOver || watcher.lost());
  xmpp.on("error", (error: Error) => {
    if (isOver || !(error instanceof MayflyError) || error.code === "ERR_UNAVAILABLE") return;
    isOver = true; // no other login will be tried
    const { condition = error.code } = (error.cause ?? {}) as { condition?: string };
    watcher.refused(error.code === "ERR_REVOKED" ? "your access was ended" : condition);
  });
  xmpp.on("stanza", async (stanza) => {
    const { from = "", type = "available" } = stanza.attrs;
    const [who = ""] = from.split("/");
    const text = stanza.getChildText("body");
    if (stanza.is("message") && type === "chat" && text) watcher.said(who, text);
    if (!stanza.is("presence") || who === credential.jid) return;
    if (type === "subscribe") {
      // A toy: an app of your own asks its user first.
      await xmpp.send(xml("presence", { to: who, type: "subscribed" }));
    } else if (type === "available" || type === "unavailable") {
      if (type === "available") devices.add(from);
      else devices.delete(from);
      watcher.seen(
        who,
        [...devices].some((device) => device.startsWith(`${who}/`)),
      );
    }
  });
  xmpp.start().catch(() => {}); // it is an `error`, too

  return {
    watch(jid) {
      watched = jid;
      if (xmpp.status === "online") subscribe();
    },
    send: (to, text) => xmpp.send(xml("message", { to, type: "chat" }, xml("body", {}, text))),
    async close() {
      isOver = true;
      await xmpp.stop();
    },
  };
}

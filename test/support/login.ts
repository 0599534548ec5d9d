import { type Client, client } from "@xmpp/client";
import type { Element } from "ltx";
import { WebSocket } from "ws";
import { type MintedCredential, mayfly } from "../../src/client/index.ts";
import type { Ejabberd } from "./ejabberd.ts";

/** Lets `@xmpp/client` trust a certificate; before Node 22 it also needs a WebSocket at all. */
export function trust(ca: string): void {
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { ca });
    }
  } as unknown as typeof globalThis.WebSocket;
}

/**
 * Logs in over WebSocket with `@xmpp/client`; rejects as it does. The caller stops the client.
 *
 * @param onNonza - sees what the server says before the login, its stream features among it
 */
export async function logIn(
  server: Ejabberd,
  credential: MintedCredential,
  onNonza: (element: Element) => void = () => {},
): Promise<Client> {
  trust(server.ca);
  const domain = credential.jid?.split("@")[1] ?? "";
  const { credentials } = mayfly({ mint: () => credential });
  const xmpp = client({ service: server.url, domain, credentials });
  xmpp.on("nonza", onNonza);
  xmpp.on("error", () => {}); // `start` rejects with the same error
  try {
    await xmpp.start();
  } catch (error) {
    await xmpp.stop();
    throw error;
  }
  return xmpp;
}

/** Logs in and out: the bare JID that was bound, or the SASL condition of the refusal. */
export async function outcome(server: Ejabberd, credential: MintedCredential): Promise<string> {
  try {
    const xmpp = await logIn(server, credential);
    const bound = String(xmpp.jid?.bare());
    await xmpp.stop();
    return bound;
  } catch (error) {
    const { name, condition } = error as { name?: string; condition?: string };
    if (name !== "SASLError" || !condition) throw error;
    return condition;
  }
}

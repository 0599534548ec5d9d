import tls from "node:tls";
import { type Client, client } from "@xmpp/client";
import type { Element } from "ltx";
import { WebSocket } from "ws";
import { type MintedCredential, mayfly } from "../../../src/client/index.ts";

/** Where XMPP is spoken. */
export interface Service {
  /** `wss:`, or over TCP `xmpp:` with STARTTLS and `xmpps:` with TLS from the start. */
  url: string;
  /** The certificate to trust, PEM. */
  ca: string;
}

interface Refusal {
  condition?: string;
}

const connect = tls.connect as (options: tls.ConnectionOptions) => tls.TLSSocket;

/**
 * Lets `@xmpp/client` trust a certificate, for which it has no option; before Node 22 it also needs a
 * WebSocket at all.
 */
export function trust(ca: string): void {
  Object.assign(tls, { connect: (options: tls.ConnectionOptions) => connect({ ca, ...options }) });
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { ca });
    }
  } as unknown as typeof globalThis.WebSocket;
}

/**
 * Logs in with `@xmpp/client`; rejects as it does. The caller stops the client.
 *
 * @param onNonza - sees what the server says before the login, its stream features among it
 */
export async function logIn(
  server: Service,
  credential: MintedCredential,
  onNonza: (element: Element) => void = () => {},
): Promise<Client> {
  trust(server.ca);
  const domain = credential.jid?.split("@")[1] ?? "";
  const { credentials, install } = mayfly({ mint: () => credential });
  const xmpp = client({ service: server.url, domain, credentials });
  install(xmpp);
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

/** Logs in and out: the bare JID that was bound, or the condition of SASL's refusal or of the stream's end. */
export async function outcome(server: Service, credential: MintedCredential): Promise<string> {
  try {
    const xmpp = await logIn(server, credential);
    const bound = String(xmpp.jid?.bare());
    await xmpp.stop();
    return bound;
  } catch (error) {
    const refusal = error as Refusal & { cause?: Refusal };
    const condition = refusal.cause?.condition ?? refusal.condition;
    if (!condition) throw error;
    return condition;
  }
}

import type { Element } from "ltx";
import { withTimeout } from "../../time.ts";
import type { StanzaQueue } from "./stanza-queue.ts";
import type { TlsPeer } from "./tls-peer.ts";

/** A connection for XML elements: TCP has one document, a WebSocket one message for each. */
export interface Transport {
  inbox: StanzaQueue;
  peer: TlsPeer;
  /** Starts a stream; `from` is the bare JID that will log in, if given. */
  open(to: string, from?: string): void;
  send(element: Element): void;
  /** Starts TLS. */
  secure(): Promise<void>;
  close(): void;
}

/** The options of {@link overTcp} and {@link overWebSocket}. */
export interface TransportOptions {
  /** The name that the certificate must be valid for. */
  name: string;
  /** The certificates to trust, PEM; those that Node trusts when absent. */
  ca?: string | undefined;
  /** For connecting, and for the TLS handshake. */
  timeoutMs: number;
}

/** Waits for a step of the connection. @throws Error that names the step, after the timeout. */
export function waitForStep<T>(timeoutMs: number, step: string, promise: Promise<T>): Promise<T> {
  return withTimeout(timeoutMs, promise, `${step}: no answer within ${seconds(timeoutMs)} s`);
}

function seconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds / 1000));
}

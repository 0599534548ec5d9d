import type { Element } from "ltx";
import type { Inbox } from "./inbox.ts";
import type { Peer } from "./peer.ts";

/** How elements travel: over TCP in one document, over a WebSocket each in a message of its own. */
export interface Line {
  inbox: Inbox;
  peer: Peer;
  /** Begins a stream; `from` is the bare JID of whom it will be for, where that may be known. */
  open(to: string, from?: string): void;
  send(element: Element): void;
  /** Puts TLS under it. */
  secure(): Promise<void>;
  close(): void;
}

/** How a line is put up. */
export interface LineOptions {
  /** The name that the certificate has to be for. */
  name: string;
  /** The certificates to trust, PEM; those that Node trusts when absent. */
  ca?: string | undefined;
  /** Milliseconds until the other end must have answered. */
  patience: number;
}

/** Waits for an event with an error beside it, and no longer than that. */
export function within<T>(patience: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = () => reject(new Error(`${what}: no answer within ${seconds(patience)} s`));
    timer = setTimeout(error, patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function seconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds / 1000));
}

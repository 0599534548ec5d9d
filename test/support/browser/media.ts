import { fileURLToPath } from "node:url";
import type { BrowserContext } from "playwright-core";
import type { Visit } from "./visit.ts";

const path = fileURLToPath(new URL("overhear.js", import.meta.url));

/** A peer connection that a page has open, as the browser tells of it. */
export interface Peer {
  /** The types of its own candidates (RFC 8445 section 5.1.1). */
  candidates: string[];
  /** The types of the two ends of the pair that was selected. */
  pair: string[];
  /** Bytes of sound. */
  sent: number;
  received: number;
  /** Of the sound that was heard: silence has none. */
  energy: number;
}

/** Has the pages of a context be overheard. */
export function overhear(context: BrowserContext): Promise<unknown> {
  return context.addInitScript({ path });
}

/** The peer connections with sound that a page has open. */
export function peersOf({ page }: Visit): Promise<Peer[]> {
  return page.evaluate("overheard.peers()");
}

/** How many peer connections a page has had, and how many are open. */
export function peerCount({ page }: Visit): Promise<{ all: number; open: number }> {
  return page.evaluate("overheard.count()");
}

/** Whether a page listens to the microphone. */
export function isListening({ page }: Visit): Promise<boolean> {
  return page.evaluate("overheard.isListening()");
}

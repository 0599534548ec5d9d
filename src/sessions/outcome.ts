import type { ServerReport } from "./reports.ts";

/** What came of a revocation. Times are in Unix seconds. */
export interface RevocationOutcome {
  /** The bare JID whose credentials were revoked. */
  jid?: string;
  /** The name of the one credential that was revoked. */
  credential?: string;
  /** When that credential would have expired. */
  expires?: number;
  reason?: string;
  /** How many sessions the servers say that they have ended. */
  ended: number;
  /** The servers that follow the feed, and what each told; empty where none does. */
  servers: ServerReport[];
  /** What goes on none the less. */
  notReached: NotReached[];
}

/** A program that asks neither the store nor the feed, or a server that is not connected. */
export interface NotReached {
  name: string;
  why: string;
}

/** The open sessions of a user, as the servers told. */
export interface SessionList {
  jid: string;
  /** How many are open. */
  total: number;
  servers: ServerReport[];
  notReached: NotReached[];
}

/** The servers that did not report. */
export function missing(servers: readonly ServerReport[]): NotReached[] {
  return servers
    .filter(({ state }) => state !== "reported")
    .map(({ server, state }) => ({
      name: server,
      why:
        state === "silent"
          ? "it has not reported in time"
          : "it is not connected, and ends its sessions once it is",
    }));
}

/** The sum of a number that servers reported. */
export function sumOf(servers: readonly ServerReport[], what: "ended" | "total"): number {
  return servers.reduce((sum, server) => sum + (server[what] ?? 0), 0);
}

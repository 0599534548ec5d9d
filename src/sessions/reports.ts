import { setTimeout as pause } from "node:timers/promises";
import type { Feed } from "../store/index.ts";
import { type Follower, followerKey, type OpenSession, parseReport } from "./messages.ts";

/** A note in the store about a follower. */
export interface FollowerNote extends Follower {
  isConnected: boolean;
  /** When it was written, in Unix seconds. */
  at: number;
  /** The process that wrote it. */
  by: string;
}

/** What a server has told about an event, or why it has not. */
export interface ServerReport extends Follower {
  /**
   * `reported`; `silent`: it is connected, and did not answer in time; `not-connected`: it will hear of
   * the event when it is back.
   */
  state: "reported" | "silent" | "not-connected";
  /** How many sessions it ended. */
  ended?: number;
  /** How many sessions of the user are open, where it was asked. */
  total?: number;
  sessions?: OpenSession[];
  /** Since when it is not connected, in Unix seconds. */
  since?: number;
}

/** How to collect reports. */
export interface CollectOptions {
  /** The host that it is about; every server is waited for where there is none. */
  host?: string | undefined;
  /** How long to wait for servers that are connected, in milliseconds. @defaultValue 5000 */
  timeoutMs?: number;
}

const pollMs = 100;

export function encodeNote(note: FollowerNote): string {
  return JSON.stringify(note);
}

export function parseNote(text: string | undefined): FollowerNote | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as FollowerNote);
}

/**
 * Collects what the servers report about an event, until all that are connected have reported.
 *
 * @returns a report for each server that followed within the last week; none where no server does
 * @throws {@link MayflyError} `ERR_STORE`
 */
export async function collectReports(
  feed: Feed,
  id: string,
  { host, timeoutMs = 5000 }: CollectOptions = {},
): Promise<ServerReport[]> {
  const notes = [...(await feed.servers()).values()]
    .map((text) => parseNote(text) as FollowerNote)
    .filter(({ hosts }) => host === undefined || hosts.includes(host));
  const awaited = notes.filter(({ isConnected }) => isConnected).map(followerKey);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const told = await feed.reports(id);
    if (awaited.every((key) => told.has(key)) || performance.now() >= deadline) {
      return combine(notes, told);
    }
    await pause(pollMs);
  }
}

/** Those that are known, in the order of their names, and those that have come since. */
function combine(
  notes: readonly FollowerNote[],
  told: ReadonlyMap<string, string>,
): ServerReport[] {
  const all = new Map<string, ServerReport>();
  for (const { server, hosts, isConnected, at } of notes) {
    all.set(followerKey({ server, hosts }), {
      ...{ server, hosts },
      ...(isConnected ? { state: "silent" } : { state: "not-connected", since: at }),
    });
  }
  for (const [key, text] of told) {
    const report = parseReport(text);
    if (!report) continue;
    const { id: _, ...rest } = report;
    all.set(key, { ...rest, state: "reported" });
  }
  return [...all.values()].sort((one, other) => one.server.localeCompare(other.server));
}

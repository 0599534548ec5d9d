import { currentTime } from "../time.ts";
import type { LogRecord, StoreConnection } from "./connection.ts";

/** What the servers are told about a revocation. */
export interface Notice {
  /** A name for it, by which its reports are found. @defaultValue a random one */
  id?: string;
  /** A text for the people whose sessions end. */
  reason?: string;
}

/**
 * An event of the feed: a revocation, or a question for the open sessions of a user. Times are in Unix
 * seconds.
 */
export type FeedEvent = {
  id: string;
  /** When it was written, by the clock of who wrote it. */
  at: number;
  /** A text for the people whose sessions end. */
  reason?: string;
} & (
  | { type: "user"; jid: string; issuedBy: number; expiresBy: number }
  | { type: "credential"; credential: string }
  | { type: "sessions"; jid: string }
);

/** An event, and the cursor behind it. */
export interface FeedItem {
  cursor: string;
  event: FeedEvent;
}

/**
 * The feed of a store: what was revoked, in order, for servers that end sessions; and what they report.
 * An event stays for a week. Every method rejects with a `MayflyError` of code `ERR_STORE` where the
 * store does not answer.
 */
export interface Feed {
  /**
   * Reads the events behind a cursor, the oldest first.
   *
   * @param cursor - of an earlier read. An empty or unknown one, of a store that was emptied since,
   * reads from the oldest event on.
   * @param max - how many events
   */
  read(cursor: string, max: number): Promise<{ items: FeedItem[]; cursor: string }>;
  /** Asks for the open sessions of a user; the reports are found by `id`. */
  ask(jid: string, id: string): Promise<void>;
  /** Keeps the report of a server to an event for ten minutes. The first one of a server counts. */
  report(id: string, server: string, text: string): Promise<void>;
  /** The reports to an event, by server. */
  reports(id: string): Promise<Map<string, string>>;
  /** Keeps a text under a name, for 30 days; beside others under the same name. */
  link(name: string, text: string): Promise<void>;
  /** The texts under a name. */
  linked(name: string): Promise<string[]>;
  /** Keeps a note about a server that follows, for a week. The last one counts. */
  announce(server: string, text: string): Promise<void>;
  /** The notes about servers. */
  servers(): Promise<Map<string, string>>;
}

/** How long events and notes about servers are kept, in seconds. */
const retentionSeconds = 7 * 86_400;
/** How long reports are kept, in seconds. */
const reportSeconds = 600;
/** How long links are kept, in seconds: longer than sessions last, as a rule. */
const linkSeconds = 30 * 86_400;

type Ask = <T>(question: (connection: StoreConnection) => Promise<T>) => Promise<T>;

/** An event as a record of the log. */
export function encodeEvent(event: FeedEvent): LogRecord {
  return { text: JSON.stringify(event), until: event.at + retentionSeconds };
}

/** The feed over the connections of a store. */
export function createFeed(ask: Ask): Feed {
  return {
    async read(cursor, max) {
      const { log, position } = parseCursor(cursor);
      const page = await ask((connection) => connection.readLog({ log, position }, max));
      const cursorAt = (at: string) => `${page.log}.${at}`;
      return {
        items: page.records.map(({ position: at, text }) => ({
          cursor: cursorAt(at),
          event: JSON.parse(text) as FeedEvent,
        })),
        cursor: cursorAt(page.records.at(-1)?.position ?? page.position),
      };
    },
    ask: (jid, id) =>
      ask((connection) =>
        connection.append(encodeEvent({ id, at: currentTime(), type: "sessions", jid })),
      ),
    report: (id, server, text) => put(`report:${id}`, server, text, reportSeconds, true),
    reports: (id) => list(`report:${id}`),
    link: (name, text) => put(`link:${name}`, text, "", linkSeconds, false),
    linked: async (name) => [...(await list(`link:${name}`)).keys()],
    announce: (server, text) => put("servers", server, text, retentionSeconds, false),
    servers: () => list("servers"),
  };

  function put(
    group: string,
    member: string,
    text: string,
    seconds: number,
    isFirstKept: boolean,
  ): Promise<void> {
    const until = currentTime() + seconds;
    return ask((connection) => connection.putMember({ group, member, text, until, isFirstKept }));
  }

  async function list(group: string): Promise<Map<string, string>> {
    return new Map(await ask((connection) => connection.listMembers(group)));
  }
}

/** `LOG.POSITION`; a log's name has no dot. */
function parseCursor(cursor: string): { log: string; position: string } {
  const dot = cursor.indexOf(".");
  return dot === -1
    ? { log: "", position: "" }
    : { log: cursor.slice(0, dot), position: cursor.slice(dot + 1) };
}

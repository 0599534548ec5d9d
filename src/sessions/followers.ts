import { randomBytes } from "node:crypto";
import type { Feed, FeedItem } from "../store/index.ts";
import { currentTime } from "../time.ts";
import {
  encodeEvent,
  type Follower,
  type FollowRequest,
  followerKey,
  type Report,
} from "./messages.ts";
import { encodeNote, parseNote } from "./reports.ts";

/** How followers are served. Times are in milliseconds. */
export interface FollowersOptions {
  /** The feed of the store in force; `undefined` without a store. */
  feed: () => Feed | undefined;
  /** Called with what goes wrong. */
  warn: (fields: object, message: string) => void;
  /** How often the store is looked at while somebody follows. @defaultValue 500 */
  pollMs?: number;
  /** How long a request is held while nothing happens. @defaultValue 8000 */
  holdMs?: number;
  /** How long a follower counts as connected after its last request. @defaultValue 15000 */
  graceMs?: number;
}

/** The answer to a follower, as JSON; or that there is no feed. */
export type FollowAnswer = { json: string } | "no-feed";

/** A follower that asked here, and the requests of it that are held. */
interface Presence extends Follower {
  held: number;
  lastAskedMs: number;
  announcedMs: number;
}

/** How many events are read at once. */
const pageSize = 200;
/** The longest text of events in one answer, in bytes: a frame has 65,535. */
const maxAnswerBytes = 48_000;
/** An event that is longer is left out, so that it does not stop the feed: no JID is so long. */
const maxEventBytes = 16_000;
/** How long a question for sessions is passed on, in seconds: who asked does not wait longer. */
const questionSeconds = 120;
/** How often the store is told again that a follower is connected, in milliseconds. */
const announceEveryMs = 600_000;

/**
 * The servers that follow the feed through this process. Each asks for the events behind its cursor, and
 * is answered once there are any, or after `holdMs`. The cursor is all that is known about where a
 * server is: nothing is lost by a restart of either side, or while the store is away.
 */
export class Followers {
  readonly #options: Required<FollowersOptions>;
  /** The name of this process, by which the store's notes say which one a server is connected to. */
  readonly #process = randomBytes(6).toString("base64url");
  readonly #present = new Map<string, Presence>();
  readonly #waiting = new Set<() => void>();
  /** What the store is read from; that of the request that waits longest. */
  #watched: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: FollowersOptions) {
    this.#options = { pollMs: 500, holdMs: 8000, graceMs: 15_000, ...options };
  }

  /** How many servers follow now, or did a moment ago. */
  get count(): number {
    return this.#present.size;
  }

  /**
   * Answers a follower.
   *
   * @throws {@link MayflyError} `ERR_STORE`
   */
  async follow(request: FollowRequest): Promise<FollowAnswer> {
    const feed = this.#options.feed();
    if (!feed) return "no-feed";
    const deadline = performance.now() + this.#options.holdMs;
    const presence = await this.#arrive(feed, request);
    try {
      for (let { cursor } = request; ; ) {
        const page = await feed.read(cursor, pageSize);
        const chosen = this.#choose(page.items, request.hosts);
        cursor = chosen.cursor ?? page.cursor;
        const isAtEnd = page.items.length < pageSize;
        // Who comes for the first time is to know at once that it may follow.
        const left = request.cursor === "" ? 0 : deadline - performance.now();
        if (chosen.events.length > 0 || (isAtEnd && (left <= 0 || this.#isClosed))) {
          const events = `[${chosen.events.join(",")}]`;
          return { json: `{"cursor":${JSON.stringify(cursor)},"events":${events}}` };
        }
        if (isAtEnd) await this.#wait(cursor, left);
      }
    } finally {
      presence.held--;
      presence.lastAskedMs = performance.now();
    }
  }

  /**
   * Keeps the report of a follower.
   *
   * @returns false where there is no feed
   * @throws {@link MayflyError} `ERR_STORE`
   */
  async report(report: Report): Promise<boolean> {
    const feed = this.#options.feed();
    await feed?.report(report.id, followerKey(report), JSON.stringify(report));
    return feed !== undefined;
  }

  /** Answers all that wait, and notes that nobody is connected any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    this.#wakeAll();
    await Promise.all([...this.#present.values()].map((presence) => this.#leave(presence)));
  }

  /** The events for a server with these hosts that fit into one answer, and the cursor behind them. */
  #choose(
    items: readonly FeedItem[],
    hosts: readonly string[],
  ): { events: string[]; cursor?: string } {
    const events: string[] = [];
    let bytes = 0;
    let behind: string | undefined;
    for (const { cursor, event } of items) {
      if (isFor(event, hosts)) {
        const json = encodeEvent(event);
        const size = Buffer.byteLength(json) + 1;
        if (size > maxEventBytes) {
          this.#options.warn({ id: event.id, bytes: size }, "an event of the feed is too long");
        } else if (bytes + size > maxAnswerBytes) {
          break;
        } else {
          events.push(json);
          bytes += size;
        }
      }
      behind = cursor;
    }
    return { events, ...(behind !== undefined && { cursor: behind }) };
  }

  /** Waits until the store has more than there is behind a cursor, or so many milliseconds. */
  async #wait(cursor: string, ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timeout);
        this.#waiting.delete(done);
        resolve();
      };
      const timeout = setTimeout(done, ms);
      this.#waiting.add(done);
      this.#watched ??= cursor;
      this.#timer ??= setTimeout(() => this.#look(), this.#options.pollMs);
    });
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    if (this.#waiting.size === 0) {
      this.#watched = undefined;
      return;
    }
    try {
      const page = await this.#options.feed()?.read(this.#watched ?? "", 1);
      if (!page || page.items.length > 0) this.#wakeAll();
    } catch {
      this.#wakeAll(); // each finds out by itself
    }
    if (this.#waiting.size > 0) {
      this.#timer ??= setTimeout(() => this.#look(), this.#options.pollMs);
    }
  }

  #wakeAll(): void {
    this.#watched = undefined;
    for (const wake of [...this.#waiting]) wake();
  }

  async #arrive(feed: Feed, { server, hosts }: Follower): Promise<Presence> {
    const key = followerKey({ server, hosts });
    const now = performance.now();
    const presence = this.#present.get(key) ?? {
      ...{ server, hosts, held: 0, lastAskedMs: now },
      announcedMs: Number.NEGATIVE_INFINITY,
    };
    this.#present.set(key, presence);
    this.#sweeper ??= setInterval(() => this.#sweep(), this.#options.graceMs / 3).unref();
    presence.held++;
    if (now - presence.announcedMs > announceEveryMs) {
      presence.announcedMs = now;
      const note = { server, hosts, isConnected: true, at: currentTime(), by: this.#process };
      await feed.announce(key, encodeNote(note)).catch(() => {
        presence.announcedMs = Number.NEGATIVE_INFINITY;
      });
    }
    return presence;
  }

  #sweep(): void {
    const since = performance.now() - this.#options.graceMs;
    for (const presence of this.#present.values()) {
      if (presence.held === 0 && presence.lastAskedMs < since) this.#leave(presence);
    }
  }

  /** Notes that a follower is gone, unless it is connected to another process by now. */
  async #leave({ server, hosts }: Presence): Promise<void> {
    const key = followerKey({ server, hosts });
    this.#present.delete(key);
    try {
      const feed = this.#options.feed();
      const note = parseNote((await feed?.servers())?.get(key));
      if (note && note.by !== this.#process) return;
      const gone = { server, hosts, isConnected: false, at: currentTime(), by: this.#process };
      await feed?.announce(key, encodeNote(gone));
    } catch {
      // Whoever revokes waits in vain for this server, and says so.
    }
  }
}

/** Whether an event concerns a server with these hosts. */
function isFor(event: FeedItem["event"], hosts: readonly string[]): boolean {
  if (event.type === "credential") return true; // its name does not say whose it is
  if (event.type === "sessions" && event.at < currentTime() - questionSeconds) return false;
  return hosts.includes(event.jid.slice(event.jid.lastIndexOf("@") + 1));
}

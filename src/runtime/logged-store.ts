import type { Feed, Store } from "../store/index.ts";
import type { Log } from "./logger.ts";

/** Wraps a store to log when an outage begins and when it ends. */
export function withOutageLogging(store: Store, log: Log): Store {
  let isDown = false;

  async function observe<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      if (isDown) log.info("store available again");
      isDown = false;
      return value;
    } catch (error) {
      if (!isDown) log.error({ err: error }, "store unavailable: refusing requests that need it");
      isDown = true;
      throw error;
    }
  }

  return {
    getStatus: (...args) => observe(store.getStatus(...args)),
    revoke: (...args) => observe(store.revoke(...args)),
    revokeUser: (...args) => observe(store.revokeUser(...args)),
    claim: (...args) => observe(store.claim(...args)),
    markSeen: (...args) => observe(store.markSeen(...args)),
    hasSeen: (...args) => observe(store.hasSeen(...args)),
    ...(store.feed && { feed: observeFeed(store.feed) }),
    close: () => store.close(),
  };

  function observeFeed(feed: Feed): Feed {
    return {
      read: (...args) => observe(feed.read(...args)),
      ask: (...args) => observe(feed.ask(...args)),
      report: (...args) => observe(feed.report(...args)),
      reports: (...args) => observe(feed.reports(...args)),
      link: (...args) => observe(feed.link(...args)),
      linked: (...args) => observe(feed.linked(...args)),
      announce: (...args) => observe(feed.announce(...args)),
      servers: (...args) => observe(feed.servers(...args)),
    };
  }
}

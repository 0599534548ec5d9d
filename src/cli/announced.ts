import type { Store } from "../store/index.ts";
import type { Log } from "./log.ts";

/** A store that says in the log when it fails, once, and when it is back. */
export function announced(store: Store, log: Log): Store {
  let isDown = false;

  async function tell<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      if (isDown) log.info("the store is back");
      isDown = false;
      return value;
    } catch (error) {
      if (!isDown) log.error({ err: error }, "the store fails: what needs it is refused");
      isDown = true;
      throw error;
    }
  }

  return {
    look: (...args) => tell(store.look(...args)),
    revoke: (...args) => tell(store.revoke(...args)),
    revokeUser: (...args) => tell(store.revokeUser(...args)),
    claim: (...args) => tell(store.claim(...args)),
    see: (...args) => tell(store.see(...args)),
    hasSeen: (...args) => tell(store.hasSeen(...args)),
    close: () => store.close(),
  };
}

import { resolve } from "node:path";
import type { FeedPort } from "../extauth/index.ts";
import { type Followers, parseFollow, parseReport } from "../sessions/index.ts";
import type { ReloadableConfig } from "./reloadable-config.ts";

/**
 * Serves the feed on a socket, where the configuration in force gives that socket the right.
 *
 * @param path - of the socket
 */
export function createFeedPort(
  path: string,
  live: ReloadableConfig,
  followers: Followers,
): FeedPort {
  const socket = resolve(path);
  return {
    isAllowed: () => live.current?.feed?.sockets.includes(socket) ?? false,
    async follow(json) {
      const request = parseFollow(json);
      return request ? followers.follow(request) : "malformed";
    },
    async report(json) {
      const report = parseReport(json);
      if (!report) return "malformed";
      return (await followers.report(report)) ? { json: "{}" } : "no-feed";
    },
  };
}

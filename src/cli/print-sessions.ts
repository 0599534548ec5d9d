import type { NotReached, ServerReport } from "../sessions/index.ts";

/** What the servers told, in words: `2 sessions at chat1, none at chat2`. */
export function describeServers(servers: readonly ServerReport[], what: "ended" | "total"): string {
  if (servers.length === 0) return "unknown: no server follows the feed of this store";
  const counts = new Map<string, number>();
  for (const { server, state, [what]: count = 0 } of servers) {
    if (state === "reported") counts.set(server, (counts.get(server) ?? 0) + count);
  }
  if (counts.size === 0) return "unknown: no server has reported";
  return [...counts].map(([server, count]) => `${sessions(count)} at ${server}`).join(", ");
}

/** A line for each of those that were not reached. */
export function describeNotReached(notReached: readonly NotReached[]): string[] {
  return notReached.map(({ name, why }) => `not reached: ${name}: ${why}`);
}

function sessions(count: number): string {
  if (count === 0) return "no session";
  return count === 1 ? "1 session" : `${count} sessions`;
}

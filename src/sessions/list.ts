import { randomUUID } from "node:crypto";
import type { Store } from "../store/index.ts";
import { missing, type SessionList, sumOf } from "./outcome.ts";
import { type CollectOptions, collectReports } from "./reports.ts";

/**
 * Asks the servers for the open sessions of a user.
 *
 * @throws {@link MayflyError} `ERR_STORE`
 */
export async function listSessions(
  user: string,
  host: string,
  { store, timeoutMs }: { store: Store } & Pick<CollectOptions, "timeoutMs">,
): Promise<SessionList> {
  const jid = `${user}@${host}`;
  const id = randomUUID();
  await store.feed?.ask(jid, id);
  const options = { host, ...(timeoutMs !== undefined && { timeoutMs }) };
  const servers = store.feed ? await collectReports(store.feed, id, options) : [];
  return { jid, total: sumOf(servers, "total"), servers, notReached: missing(servers) };
}

import type { Command } from "commander";
import { MayflyError } from "../../error.ts";
import { loadContext, openStore } from "../../runtime/context.ts";
import type { OpenSession, ServerReport, SessionList } from "../../sessions/index.ts";
import { formatTime } from "../../time.ts";
import { configFile } from "../arguments.ts";
import { printLines } from "../output.ts";
import { describeNotReached, describeServers } from "../print-sessions.ts";
import { bareJid } from "../values.ts";

interface Options {
  json?: true;
}

/** `mayfly sessions alice@example.com` */
export function sessions(program: Command): void {
  program
    .command("sessions")
    .description("List the open sessions of a user, as the XMPP servers know them.")
    .argument("<jid>", "user whose sessions to list")
    .option("--json", "print them as JSON")
    .addHelpText(
      "after",
      `
Servers that follow the feed of the store are asked, and waited for up to 5 s.

Exit status: 0 all servers have told, 1 some have not, 2 usage or configuration error.

Example: mayfly sessions alice@example.com`,
    )
    .action(async (jid: string, { json }: Options, command: Command) => {
      const { localpart, host } = bareJid(jid, "<jid>");
      const { source, store } = await loadContext(configFile(command), { openStore });
      if (!store) {
        const fix = "add one, such as lmdb:DIR";
        throw new MayflyError("ERR_CONFIG", `${source}: servers are asked by the store: ${fix}`);
      }
      try {
        const { listSessions } = await import("../../sessions/index.ts");
        const list = await listSessions(localpart, host, { store });
        printLines(...(json ? [JSON.stringify(list)] : describe(list)));
        process.exitCode = list.servers.length > 0 && list.notReached.length === 0 ? 0 : 1;
      } finally {
        await store.close();
      }
    });
}

function describe({ servers, notReached }: SessionList): string[] {
  return [
    `open: ${describeServers(servers, "total")}`,
    ...servers.flatMap(describeSessions),
    ...describeNotReached(notReached),
  ];
}

function describeSessions({ server, sessions: all = [], total = 0 }: ServerReport): string[] {
  const more = total > all.length ? [`and ${total - all.length} more at ${server}`] : [];
  return [...all.map((it) => describeSession(it, server)), ...more];
}

/** `alice@example.com/phone at chat1: since …, expires …, 192.0.2.7, PLAIN` */
function describeSession(session: OpenSession, server: string): string {
  const { jid, since, expires, address, mechanism, state, credential } = session;
  const facts = [
    `since ${formatTime(since)}`,
    ...(expires === undefined ? [] : [`credential expires ${formatTime(expires)}`]),
    ...[address, mechanism, state === "open" ? undefined : state, credential],
  ].filter((fact) => fact !== undefined);
  return `${jid} at ${server}: ${facts.join(", ")}`;
}

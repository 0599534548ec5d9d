import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  fingerprint,
  type ParsedCredential,
  parseCredential,
} from "../../../src/credential/index.ts";
import type { KeyInput } from "../../../src/keyring/index.ts";
import type { OpenSession, ServerReport } from "../../../src/sessions/index.ts";
import { collectReports } from "../../../src/sessions/reports.ts";
import type { Feed, Store } from "../../../src/store/index.ts";
import { openStore } from "../../../src/store/open.ts";
import { makeProgram, type Program } from "./socket-program.ts";

/** `mayfly serve` on a socket that may be followed, and revocations in its store. */
export interface RevokingProgram extends Program {
  /** The URL of its store. */
  storeUrl: string;
  /** Revokes all of a user; the function waits for what the servers report. */
  revokeUser(jid: string, reason?: string): Promise<() => Promise<ServerReport[]>>;
  /** Revokes one credential. */
  revokeCredential(password: string, reason?: string): Promise<() => Promise<ServerReport[]>>;
  /** Asks the servers for the open sessions of a user. */
  listSessions(jid: string): Promise<OpenSession[]>;
}

const day = 86_400;

/** One that is not started yet, with a store of its own in LMDB unless there is another. */
export async function makeRevokingProgram(
  keys: KeyInput[],
  { hasRight = true, ...options }: { storeUrl?: string; hasRight?: boolean } = {},
): Promise<RevokingProgram> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-store-"));
  const { storeUrl = `lmdb:${folder}` } = options;
  const program = makeProgram((path) => ({
    keys,
    store: storeUrl,
    ...(hasRight && { feed: { sockets: [path] } }),
  }));
  const store: Store = await openStore(storeUrl);
  const feed = store.feed as Feed;

  return {
    ...program,
    storeUrl,
    async revokeUser(jid, reason) {
      const now = Math.floor(Date.now() / 1000);
      const id = randomUUID();
      const revocation = { issuedBy: now, expiresBy: now + day };
      await store.revokeUser(jid, revocation, now + day, { id, ...(reason && { reason }) });
      return () => collectReports(feed, id);
    },
    async revokeCredential(password, reason) {
      const id = randomUUID();
      const name = fingerprint(parseCredential(password) as ParsedCredential);
      const until = Math.floor(Date.now() / 1000) + day;
      await store.revoke(name, until, { id, ...(reason && { reason }) });
      return () => collectReports(feed, id);
    },
    async listSessions(jid) {
      const id = randomUUID();
      await feed.ask(jid, id);
      const reports = await collectReports(feed, id);
      return reports.flatMap(({ sessions = [] }) => sessions);
    },
    async end() {
      await program.end();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

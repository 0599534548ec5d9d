import { randomUUID } from "node:crypto";
import { fingerprint, parseCredential } from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import type { Keyring } from "../keyring/index.ts";
import type { Notice, Store } from "../store/index.ts";
import {
  type RevokeCredentialOptions,
  type RevokeUserOptions,
  revokeCredential,
  revokeUser,
} from "../verify/index.ts";
import { missing, type NotReached, type RevocationOutcome, sumOf } from "./outcome.ts";
import { type CollectOptions, collectReports, type ServerReport } from "./reports.ts";

/** How to revoke, and how long to wait for the servers. */
export interface RevocationOptions extends Pick<CollectOptions, "timeoutMs"> {
  store: Store;
  /** Its keys tell which other programs the credentials are for. */
  keyring: Keyring;
  /** A text for the people whose sessions end. */
  reason?: string | undefined;
}

/**
 * Revokes every credential that a user was given until now, and waits for the servers to say which
 * sessions they ended.
 *
 * @returns `undefined` where the host is not served, and nothing was revoked
 * @throws {@link MayflyError} `ERR_STORE`, or `ERR_REQUEST` for a reason that cannot be sent
 */
export async function revokeEverywhere(
  user: string,
  host: string,
  options: RevocationOptions & Pick<RevokeUserOptions, "policies" | "longestTtl">,
): Promise<RevocationOutcome | undefined> {
  const notice = noticeOf(options.reason);
  if (!(await revokeUser(user, host, { ...options, notice }))) return undefined;
  return { jid: `${user}@${host}`, ...(await whatCameOf(notice, options, host)) };
}

/**
 * Revokes one credential, as {@link revokeEverywhere} does all of a user.
 *
 * @param password - the password or token; with a `username` the MAC alone
 * @returns `undefined` where it is no credential
 * @throws {@link MayflyError} `ERR_STORE`, or `ERR_REQUEST` for a reason that cannot be sent
 */
export async function revokeCredentialEverywhere(
  password: string,
  options: RevocationOptions & Pick<RevokeCredentialOptions, "username">,
): Promise<RevocationOutcome | undefined> {
  const notice = noticeOf(options.reason);
  const expires = await revokeCredential(password, { ...options, notice });
  const parsed = parseCredential(password, options.username);
  if (expires === undefined || !parsed) return undefined;
  return { credential: fingerprint(parsed), expires, ...(await whatCameOf(notice, options)) };
}

/** The longest reason, in characters: it goes into a stream error. */
const maxReasonLength = 300;

function noticeOf(reason: string | undefined): Notice & { id: string } {
  const id = randomUUID();
  if (reason === undefined || reason === "") return { id };
  // XML has no control characters, https://www.w3.org/TR/xml/#charsets
  if (reason.length > maxReasonLength || /\p{Cc}|\p{Cs}|[\ufffe\uffff]/u.test(reason)) {
    const fix = `write one line of at most ${maxReasonLength} characters`;
    throw new MayflyError("ERR_REQUEST", `the reason cannot be sent to a client: ${fix}`);
  }
  return { id, reason };
}

async function whatCameOf(
  { id, reason }: Notice & { id: string },
  { store, keyring, timeoutMs }: RevocationOptions,
  host?: string,
): Promise<Pick<RevocationOutcome, "reason" | "ended" | "servers" | "notReached">> {
  const { servers, failed } = await reportsTo(id, store, {
    host,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  return {
    ...(reason !== undefined && { reason }),
    ended: sumOf(servers, "ended"),
    servers,
    notReached: [...failed, ...missing(servers), ...programsThatDecideAlone(keyring)],
  };
}

/** What the servers report. The revocation is made by now: what fails here does not undo it. */
async function reportsTo(
  id: string,
  { feed }: Store,
  options: CollectOptions,
): Promise<{ servers: ServerReport[]; failed: NotReached[] }> {
  try {
    return { servers: feed ? await collectReports(feed, id, options) : [], failed: [] };
  } catch (error) {
    const why = `their reports cannot be read: ${(error as Error).message}`;
    return { servers: [], failed: [{ name: "XMPP servers", why }] };
  }
}

/** The programs that take credentials of these keys, and ask no store. */
function programsThatDecideAlone(keyring: Keyring): NotReached[] {
  const services = new Set(
    keyring
      .verifyKeys("mojoauth")
      .flatMap(({ services: named = ["turn", "sip"] }): readonly string[] => named),
  );
  const why = "it decides alone: the credential works there until it expires";
  return [
    ...(services.has("turn") ? [{ name: "coturn", why }] : []),
    ...(services.has("sip") ? [{ name: "Kamailio", why }] : []),
    { name: "MQTT", why: "ejabberd's MQTT sessions stay open until the client leaves" },
  ];
}

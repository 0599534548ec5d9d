/**
 * Open sessions at the XMPP servers: servers follow the feed of what was revoked, end sessions, and
 * report. Here are both ends: what `mayfly serve` answers the servers, and what whoever revokes or
 * lists sessions is told.
 *
 * @module
 */
export { Followers, type FollowersOptions } from "./followers.ts";
export { listSessions } from "./list.ts";
export { type LogOutOptions, logOut } from "./log-out.ts";
export { type OpenSession, parseFollow, parseReport } from "./messages.ts";
export type { NotReached, RevocationOutcome, SessionList } from "./outcome.ts";
export type { ServerReport } from "./reports.ts";
export { revokeCredentialEverywhere, revokeEverywhere } from "./revoke.ts";

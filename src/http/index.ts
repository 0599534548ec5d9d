/**
 * The HTTP API: Hono routes that mint and verify, to mount in any app. Takes its keyring,
 * policies and store as options; does not read `mayfly.yml`.
 *
 * @module
 */

export type { AdminOptions } from "./auth/admin.ts";
export type { BackendOptions } from "./auth/backend.ts";
export type { CallerOptions, SignedIn } from "./auth/caller.ts";
export type { Guests } from "./auth/guests.ts";
export type { Secret } from "./auth/secrets.ts";
export type { ClaimRule, JitsiClaimRules, JitsiGrant } from "./jitsi/grant.ts";
export { type JitsiOptions, type JitsiPlace, type JitsiServer, jitsi } from "./jitsi/route.ts";
export { nodeHandler } from "./node.ts";
export { opentokHeaders } from "./opentok.ts";
export { Problem, type ProblemKind } from "./problem.ts";
export { RateLimiter } from "./rate-limiter.ts";
export { type RequestRecord, requestLogger } from "./request-log.ts";
export { type RevocationsOptions, revocations, sessions } from "./routes/admin.ts";
export { type BackchannelLogoutOptions, backchannelLogout } from "./routes/backchannel-logout.ts";
export { type CredentialsOptions, credentials } from "./routes/credentials.ts";
export { externalAuth } from "./routes/external-auth.ts";
export { type GuestOptions, guest } from "./routes/guest.ts";
export { type RoutesOptions, routes } from "./routes/index.ts";
export { oauthLookup } from "./routes/oauth-lookup.ts";

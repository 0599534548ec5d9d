/**
 * Minting and deciding over HTTP, as Hono routes for any app, and all that `mayfly serve` answers.
 * Handed what it mints and decides with; knows no configuration.
 *
 * @module
 */
export type { About } from "./about.ts";
export { type AppOptions, createApp } from "./app.ts";
export type { AskerOptions } from "./asker.ts";
export { auth } from "./auth.ts";
export type { BackendOptions } from "./backend.ts";
export { type CredentialsOptions, credentials } from "./credentials.ts";
export { type Decided, History } from "./history.ts";
export { type JitsiOptions, type JitsiServer, jitsi } from "./jitsi.ts";
export { Limiter } from "./limiter.ts";
export { Metrics } from "./metrics.ts";
export { nodeHandler } from "./node.ts";
export { oauthLookup } from "./oauth-lookup.ts";
export { type Observed, observed } from "./observed.ts";
export { opentokHeaders } from "./opentok.ts";
export { Problem, type ProblemKind } from "./problem.ts";
export { type RoutesOptions, routes } from "./routes.ts";
export type { Secret } from "./secret.ts";
export { type Fetch, type HttpListening, listenHttp } from "./server.ts";

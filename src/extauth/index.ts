/**
 * The external-auth program: requests in, decided, replies out, over standard input and output or a
 * socket. Handed a verifier; knows no configuration.
 *
 * @module
 */
export type { FeedPort } from "./feed-request.ts";
export { createHandler, type RequestHandler, type Verifier } from "./handler.ts";
export type { RequestOutcome } from "./outcome.ts";
export { type Log, type Protocol, protocolNames, protocols, ptyLines } from "./protocol.ts";
export { no } from "./reply.ts";
export { listen, type UnixListener } from "./socket.ts";
export { standardStreams } from "./stdio.ts";
export { RequestStream, type RequestStreamOptions } from "./stream.ts";

/**
 * The external-auth program: requests in, decided, replies out, over standard input and output or a
 * socket. Handed a verifier; knows no configuration.
 *
 * @module
 */
export { type Answer, answerWith, type Outcome, type Verifier } from "./answer.ts";
export type { Log } from "./log.ts";
export { linesInTurns, type Protocol, protocolNames, protocols } from "./protocol.ts";
export { no } from "./reply.ts";
export { type Listening, listen } from "./socket.ts";
export { standardStreams } from "./standard.ts";
export { type Serving, type Stream, serveStream } from "./stream.ts";

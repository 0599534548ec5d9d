/**
 * The external-auth program: frames in, requests decided, frames out. Handed a verifier; knows no
 * configuration.
 *
 * @module
 */
export { type Answer, answerWith, type Verifier } from "./answer.ts";
export { FrameReader, replyFrame } from "./frame.ts";
export type { Log } from "./log.ts";
export { type Program, runProgram } from "./program.ts";
export { type ExtauthRequest, parseRequest } from "./request.ts";

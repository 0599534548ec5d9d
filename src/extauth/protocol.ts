import { FrameReader, type Reader } from "./frame-reader.ts";
import { LineReader } from "./line-reader.ts";
import type { RequestOutcome } from "./outcome.ts";
import { type Reply, replyFrame, replyLine } from "./reply.ts";

/** How a server speaks. */
export interface Protocol {
  reader(): Reader;
  encode(reply: Reply): Buffer;
  /** How long an answer may take, in milliseconds: well under what the server waits. */
  deadline: number;
  /**
   * How long a refusal is held back while the store is down, in milliseconds. Nothing for lines:
   * Prosody does nothing else until it has its answer.
   */
  holdMs: number;
}

export const protocolNames = ["ejabberd", "prosody"] as const;

/** ejabberd's frames, and the "generic" lines of Prosody's mod_auth_external. */
export const protocols: Readonly<Record<(typeof protocolNames)[number], Protocol>> = {
  ejabberd: {
    reader: () => new FrameReader(),
    encode: replyFrame,
    deadline: 10_000, // of 30 s
    holdMs: 5_000,
  },
  prosody: {
    reader: () => new LineReader(),
    encode: replyLine,
    deadline: 2_500, // of 5 s
    holdMs: 0,
  },
};

/**
 * The lines of a server that asks nothing before the last answer is there, and reads a terminal. An
 * answer ends without a line end: of that a terminal makes two bytes, which may be read apart.
 */
export const ptyLines: Protocol = {
  ...protocols.prosody,
  reader: () => new LineReader(true),
  encode: (reply) => replyLine(reply).subarray(0, 1),
};

/** The log of what answers requests. */
export interface Log {
  /** Logs that a request was accepted or refused. */
  answered(outcome: RequestOutcome): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

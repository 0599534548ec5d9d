import { FrameReader, type Reader } from "./frame.ts";
import { LineReader } from "./line.ts";
import { type Reply, replyFrame, replyLine } from "./reply.ts";

/** How a server speaks. */
export interface Protocol {
  reader(): Reader;
  encode(reply: Reply): Buffer;
}

export const protocolNames = ["ejabberd", "prosody"] as const;

/** ejabberd's frames, and the "generic" lines of Prosody's mod_auth_external. */
export const protocols: Readonly<Record<(typeof protocolNames)[number], Protocol>> = {
  ejabberd: { reader: () => new FrameReader(), encode: replyFrame },
  prosody: { reader: () => new LineReader(), encode: replyLine },
};

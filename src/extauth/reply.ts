/** What an answer says. */
export const codes = {
  no: 0,
  yes: 1,
  /** To `check`, `login` and `mac`: good once, and over. */
  expired: 2,
  /** To `check` and `login`: taken back, or used up. */
  revoked: 3,
  /** To all that ejabberd itself does not ask: no decision is possible now. */
  unknown: 4,
} as const;

/** An answer to one request. */
export interface Reply {
  code: (typeof codes)[keyof typeof codes];
  /** To `check`: the expiry and the localpart. To `mac`: the MACs. To the others JSON, or a sentence. */
  text?: string;
}

export const no: Reply = { code: codes.no };
export const yes: Reply = { code: codes.yes };

/** The answer where there is none: what ejabberd itself asks knows only yes and no. */
export function fallbackReply(payload: Buffer): Reply {
  const isOurs = /^(check|mac|login|identify|follow|report):/.test(
    payload.toString("latin1", 0, 9),
  );
  return isOurs ? { code: codes.unknown } : no;
}

const bare = Object.values(codes).map((code) => Buffer.from([0, 2, 0, code]));

/** A reply as a frame: a 16-bit big-endian length, a code of 16 bits, and text behind it. */
export function replyFrame({ code, text }: Reply): Buffer {
  if (text === undefined) return bare[code] as Buffer;
  const body = Buffer.from(text);
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt16BE(2 + body.length, 0);
  frame.writeUInt16BE(code, 2);
  body.copy(frame, 4);
  return frame;
}

/** A reply as a line, which has no room for more than yes and no. */
export function replyLine({ code }: Reply): Buffer {
  return Buffer.from(code === codes.yes ? "1\n" : "0\n");
}

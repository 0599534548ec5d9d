/** What an answer says. */
export const codes = {
  no: 0,
  yes: 1,
  /** To `check` only: good once, and over. */
  expired: 2,
  /** To `check` only: taken back, or used up. */
  revoked: 3,
  /** To `check` only: nobody can tell now. */
  unknown: 4,
} as const;

/** An answer to one request. */
export interface Reply {
  code: (typeof codes)[keyof typeof codes];
  /** To `check`: whom the credential is good for, and until when. */
  text?: string;
}

export const no: Reply = { code: codes.no };
export const yes: Reply = { code: codes.yes };

/** The answer where there is none: only `check` knows more than yes and no. */
export function undecided(payload: Buffer): Reply {
  return payload.toString("latin1", 0, 6) === "check:" ? { code: codes.unknown } : no;
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

import { codes, no, type Reply } from "./reply.ts";

/** Who serves the servers that follow the feed of what was revoked. Both take JSON. */
export interface FeedPort {
  /** Whether those who ask on this socket have the right to. */
  isAllowed(): boolean;
  /** The answer as JSON; `no-feed` without a store that has a feed, `malformed` for other JSON. */
  follow(json: string): Promise<{ json: string } | FeedRefusal>;
  report(json: string): Promise<{ json: string } | FeedRefusal>;
}

type FeedRefusal = "no-feed" | "malformed";

const shape = /^(follow|report):/;

const sentences = {
  "not-allowed": "this socket is not among the feed.sockets of mayfly.yml",
  "no-feed": "there is no store: add store: to mayfly.yml",
  malformed: "not a request",
} as const;

/**
 * Answers a request of a server that follows the feed; `undefined` where it is another request.
 */
export function answerFeed(
  payload: Buffer,
  feed: FeedPort | undefined,
): Reply | Promise<Reply> | undefined {
  if (payload[0] !== 0x66 && payload[0] !== 0x72) return undefined; // f or r: almost all end here
  const op = shape.exec(payload.toString("latin1", 0, 7))?.[1] as "follow" | "report" | undefined;
  if (op === undefined) return undefined;
  if (!feed) return no;
  const json = payload.toString("utf8", op.length + 1);
  return reply(op, json, feed);
}

async function reply(op: "follow" | "report", json: string, feed: FeedPort): Promise<Reply> {
  if (!feed.isAllowed()) return { code: codes.no, text: sentences["not-allowed"] };
  let answer: Awaited<ReturnType<FeedPort["follow"]>>;
  try {
    answer = await feed[op](json);
  } catch {
    return { code: codes.unknown }; // the store's log has the reason
  }
  return typeof answer === "string"
    ? { code: codes.no, text: sentences[answer] }
    : { code: codes.yes, text: answer.json };
}

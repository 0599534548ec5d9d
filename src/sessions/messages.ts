import * as v from "valibot";
import type { FeedEvent } from "../store/index.ts";

const time = v.pipe(v.number(), v.minValue(0), v.maxValue(1e12));
const text = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength));

const follower = {
  /** The server's name, for people. */
  server: v.pipe(v.string(), v.nonEmpty(), v.maxLength(200)),
  /** The XMPP hosts whose sessions it can end. */
  hosts: v.pipe(v.array(text(1023)), v.minLength(1), v.maxLength(100)),
};

const follow = v.object({ ...follower, cursor: text(100) });

const session = v.object({
  jid: text(3071),
  since: time,
  expires: v.exactOptional(time),
  issued: v.exactOptional(time),
  address: v.exactOptional(text(100)),
  mechanism: v.exactOptional(text(100)),
  credential: v.exactOptional(text(200)),
  state: v.exactOptional(text(100)),
  connection: v.exactOptional(text(100)),
  node: v.exactOptional(text(200)),
});

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const report = v.object({
  ...follower,
  id: v.pipe(v.string(), v.nonEmpty(), v.maxLength(64)),
  ended: v.exactOptional(count),
  total: v.exactOptional(count),
  sessions: v.exactOptional(v.pipe(v.array(session), v.maxLength(200))),
});

/** A server that follows, or one of its hosts that does. */
export type Follower = Pick<FollowRequest, "server" | "hosts">;

/** A request for the events behind a cursor. */
export type FollowRequest = v.InferOutput<typeof follow>;

/** What a server did about an event. */
export type Report = v.InferOutput<typeof report>;

/** An open session, as far as the server knows it. Times are in Unix seconds. */
export type OpenSession = v.InferOutput<typeof session>;

/** Reads the JSON behind `follow:`; `undefined` where it is no such request. */
export function parseFollow(json: string): FollowRequest | undefined {
  return parse(follow, json);
}

/** Reads the JSON behind `report:`; `undefined` where it is no report. Members that it does not know are left out. */
export function parseReport(json: string): Report | undefined {
  return parse(report, json);
}

function parse<T>(schema: v.GenericSchema<unknown, T>, json: string): T | undefined {
  try {
    const parsed = v.safeParse(schema, JSON.parse(json));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** The name of a follower in the store. */
export function followerKey({ server, hosts }: Follower): string {
  return JSON.stringify([server, ...hosts]);
}

/** An event as servers read it. */
export function encodeEvent(event: FeedEvent): string {
  if (event.type !== "user") return JSON.stringify(event);
  const { issuedBy, expiresBy, ...rest } = event;
  return JSON.stringify({ ...rest, issued_by: issuedBy, expires_by: expiresBy });
}

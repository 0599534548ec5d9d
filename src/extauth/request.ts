/** What a server may ask for, and how many colons there are before the password, if there is one. */
const operations = new Map([
  ["auth", 3],
  ["isuser", 2],
  ["setpass", 3],
  ["tryregister", 3],
  ["removeuser", 2],
  ["removeuser3", 3],
  ["certauth", 3],
  ["check", 3],
] as const);

type Operation = typeof operations extends Map<infer Name, unknown> ? Name : never;

/** One request of a server. */
export interface ExtauthRequest {
  op: Operation;
  user: string;
  host: string;
  /** All that follows the third colon; empty where there is none. */
  password: string;
}

/**
 * Takes `op:user:host:password` apart at its first three colons: only the password can hold one.
 *
 * A password is bytes. What in it is not UTF-8 is read as U+FFFD, which no credential has.
 *
 * @returns `undefined` for anything that is not a request. One with a field too few is none: what
 * stands where the host should may be the password, and the host is logged.
 */
export function parseRequest(payload: Buffer): ExtauthRequest | undefined {
  const text = payload.toString();
  const first = text.indexOf(":");
  const op = text.slice(0, Math.max(first, 0)) as Operation;
  const colons = operations.get(op);
  const second = text.indexOf(":", first + 1);
  const third = second === -1 ? -1 : text.indexOf(":", second + 1);
  if (colons === undefined || second === -1 || (third === -1) !== (colons === 2)) return undefined;
  const head = third === -1 ? text : text.slice(0, third);
  // Bytes that are not UTF-8 have become U+FFFD, which may also stand there by right.
  if (head.includes("\ufffd") && payload.indexOf(head) !== 0) return undefined;
  return {
    op,
    user: head.slice(first + 1, second),
    host: head.slice(second + 1),
    password: third === -1 ? "" : text.slice(third + 1),
  };
}

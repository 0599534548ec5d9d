/** What a server may ask for; `login` and `identify` only where it may follow the feed. */
type Operation =
  | "auth"
  | "isuser"
  | "setpass"
  | "tryregister"
  | "removeuser"
  | "removeuser3"
  | "certauth"
  | "check"
  | "mac"
  | "login"
  | "identify";

/** One request of a server. */
export interface ExtauthRequest {
  op: Operation;
  user: string;
  host: string;
  /** All that follows the third colon; empty where there is none. */
  password: string;
}

/**
 * Parses `op:user:host:password` at its first three colons; only the password may contain a colon.
 *
 * Bytes of the password that are not UTF-8 become U+FFFD, which no credential contains.
 *
 * @returns `undefined` for bytes that are no request. A payload with a field too few is refused as a
 * whole: its last field could be the password, and the host is logged.
 */
export function parseRequest(payload: Buffer, isFollower = false): ExtauthRequest | undefined {
  const text = payload.toString();
  const first = text.indexOf(":");
  const op = text.slice(0, Math.max(first, 0));
  const colons = countColons(op, isFollower);
  const second = text.indexOf(":", first + 1);
  const third = second === -1 ? -1 : text.indexOf(":", second + 1);
  if (colons === undefined || second === -1 || (third === -1) !== (colons === 2)) return undefined;
  const end = third === -1 ? text.length : third;
  // U+FFFD stands for bytes that are not UTF-8, unless the payload has that character itself.
  const unknown = text.indexOf("\ufffd");
  if (unknown !== -1 && unknown < end && payload.indexOf(text.slice(0, end)) !== 0)
    return undefined;
  return {
    op: op as Operation,
    user: text.slice(first + 1, second),
    host: text.slice(second + 1, end),
    password: text.slice(end + 1),
  };
}

/** How many colons separate the fields of an operation; `undefined` where there is no such operation. */
function countColons(op: string, isFollower: boolean): 2 | 3 | undefined {
  // The most frequent one first; to look it up in a Map, V8 would have to hash it.
  switch (op as Operation) {
    case "auth":
    case "check":
    case "mac":
    case "setpass":
    case "tryregister":
    case "removeuser3":
    case "certauth":
      return 3;
    case "isuser":
    case "removeuser":
      return 2;
    case "login":
    case "identify":
      return isFollower ? 3 : undefined;
    default:
      return undefined;
  }
}

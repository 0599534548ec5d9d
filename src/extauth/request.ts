/** What a server may ask for, and how many colons separate its fields. The most frequent one is the first. */
const operations = [
  { op: "auth", colons: 3 },
  { op: "isuser", colons: 2 },
  { op: "check", colons: 3 },
  { op: "mac", colons: 3 },
  { op: "setpass", colons: 3 },
  { op: "tryregister", colons: 3 },
  { op: "removeuser", colons: 2 },
  { op: "removeuser3", colons: 3 },
  { op: "certauth", colons: 3 },
] as const;

/** The same of a server that may follow the feed. */
const followerOperations = [
  ...operations,
  { op: "login", colons: 3 },
  { op: "identify", colons: 3 },
] as const;

type Operation = (typeof followerOperations)[number];

/** One request of a server. */
export interface ExtauthRequest {
  op: Operation["op"];
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
  const operation = findOperation(text, first, isFollower);
  const second = text.indexOf(":", first + 1);
  const third = second === -1 ? -1 : text.indexOf(":", second + 1);
  if (!operation || second === -1 || (third === -1) !== (operation.colons === 2)) return undefined;
  const end = third === -1 ? text.length : third;
  // U+FFFD stands for bytes that are not UTF-8, unless the payload has that character itself.
  const unknown = text.indexOf("\ufffd");
  if (unknown !== -1 && unknown < end && payload.indexOf(text.slice(0, end)) !== 0)
    return undefined;
  return {
    op: operation.op,
    user: text.slice(first + 1, second),
    host: text.slice(second + 1, end),
    password: text.slice(end + 1),
  };
}

/** The operation that a text names in front of its first colon. */
function findOperation(text: string, colon: number, isFollower: boolean): Operation | undefined {
  // No copy of the name is made, and no hash for a Map: a program that has just woken takes long for both.
  for (const operation of isFollower ? followerOperations : operations) {
    if (operation.op.length === colon && text.startsWith(operation.op)) return operation;
  }
  return undefined;
}

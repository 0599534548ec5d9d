/** What a server may ask for, and how many colons there are before the password, if there is one. */
const operations = {
  auth: 3,
  isuser: 2,
  setpass: 3,
  tryregister: 3,
  removeuser: 2,
  removeuser3: 3,
  certauth: 3,
  check: 3,
} as const;

/** One request of a server. */
export interface ExtauthRequest {
  op: keyof typeof operations;
  user: string;
  host: string;
  /** All that follows the third colon; empty where there is none. */
  password: string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Takes `op:user:host:password` apart at its first three colons: only the password can hold one.
 *
 * A password is bytes. What in it is not UTF-8 is read as U+FFFD, which no credential has.
 *
 * @returns `undefined` for anything that is not a request. One with a field too few is none: what
 * stands where the host should may be the password, and the host is logged.
 */
export function parseRequest(payload: Buffer): ExtauthRequest | undefined {
  const first = payload.indexOf(":");
  const name = payload.toString("latin1", 0, Math.max(first, 0));
  if (!Object.hasOwn(operations, name)) return undefined;
  const op = name as keyof typeof operations;
  const second = payload.indexOf(":", first + 1);
  const third = second === -1 ? -1 : payload.indexOf(":", second + 1);
  if (second === -1 || (third === -1) !== (operations[op] === 2)) return undefined;
  try {
    return {
      op,
      user: utf8.decode(payload.subarray(first + 1, second)),
      host: utf8.decode(payload.subarray(second + 1, third === -1 ? payload.length : third)),
      password: third === -1 ? "" : payload.toString("utf8", third + 1),
    };
  } catch {
    return undefined;
  }
}

/** What a server may ask for. */
const operations = [
  "auth",
  "isuser",
  "setpass",
  "tryregister",
  "removeuser",
  "removeuser3",
  "certauth",
] as const;

/** One request of a server. */
export interface ExtauthRequest {
  op: (typeof operations)[number];
  user: string;
  host: string;
  /** All that follows the third colon, a character a byte; empty where there is none. */
  password: string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Takes `op:user:host:password` apart at its first three colons: only the password can hold one.
 *
 * A password is bytes. They are read as Latin-1, which loses none; what we accept is ASCII.
 *
 * @returns `undefined` for anything that is not a request.
 */
export function parseRequest(payload: Buffer): ExtauthRequest | undefined {
  const first = payload.indexOf(":");
  const second = payload.indexOf(":", first + 1);
  const op = operations.find((name) => name === payload.toString("latin1", 0, Math.max(first, 0)));
  if (!op || second === -1) return undefined;
  const third = payload.indexOf(":", second + 1);
  const end = third === -1 ? payload.length : third;
  try {
    return {
      op,
      user: utf8.decode(payload.subarray(first + 1, second)),
      host: utf8.decode(payload.subarray(second + 1, end)),
      password: third === -1 ? "" : payload.toString("latin1", third + 1),
    };
  } catch {
    return undefined;
  }
}

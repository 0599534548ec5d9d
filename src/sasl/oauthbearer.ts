import { encodeGs2, type Gs2Header, parseGs2 } from "./gs2.ts";

/** The decoded first message of OAUTHBEARER (RFC 7628 section 3.1). */
export interface OAuthBearerMessage {
  /** Authorization identity: the user to act as; absent for the token's user. */
  authzid?: string | undefined;
  token: string;
  /** Host and port that the client connected to. */
  host?: string;
  port?: number;
  /** The client's channel binding flag; OAUTHBEARER itself does not use channel binding. */
  binding?: Gs2Header["binding"];
}

/** A server's error challenge: why it refused the token, and where to get another (RFC 7628 section 3.2.2). */
export interface OAuthBearerError {
  /** Such as `invalid_token`. */
  status: string;
  scope?: string;
  "openid-configuration"?: string;
}

/** The client's response to an error challenge; the server then sends the failure (RFC 7628 section 3.2.3). */
export const oauthBearerAcknowledgement = "\x01";

const bearer = /^Bearer +(\S+)$/i;

/**
 * Encodes the client's first message of OAUTHBEARER, without channel binding. Fields must not contain
 * control characters, which would end them early.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7628#section-3.1}
 */
export function encodeOAuthBearer({
  authzid,
  token,
}: Pick<OAuthBearerMessage, "authzid" | "token">): string {
  return `${encodeGs2(authzid)}\x01auth=Bearer ${token}\x01\x01`;
}

/**
 * Decodes the client's first message of OAUTHBEARER.
 *
 * @returns `undefined` if it breaks the grammar, repeats a key, or has no bearer token
 */
export function parseOAuthBearer(message: string): OAuthBearerMessage | undefined {
  const [begin = "", ...pairs] = message.split("\x01");
  const header = parseGs2(begin);
  if (!header || pairs.pop() !== "" || pairs.pop() !== "") return undefined;
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const [, key, value] = /^([A-Za-z]+)=([^\0]*)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined || values.has(key)) return undefined;
    values.set(key, value);
  }
  const token = bearer.exec(values.get("auth") ?? "")?.[1];
  const [host, port] = [values.get("host"), values.get("port")];
  if (!token || !/^\d{1,5}$/.test(port ?? "0")) return undefined;
  return {
    ...header,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port: Number(port) }),
    token,
  };
}

/** Encodes a server's error challenge. */
export function encodeOAuthBearerError(error: OAuthBearerError): string {
  return JSON.stringify(error);
}

/**
 * Decodes a server's error challenge.
 *
 * @returns `undefined` unless it is JSON with a `status`
 * @see {@link https://www.rfc-editor.org/rfc/rfc7628#section-3.2.2}
 */
export function parseOAuthBearerError(challenge: string): OAuthBearerError | undefined {
  try {
    const error = JSON.parse(challenge);
    return typeof error?.status === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

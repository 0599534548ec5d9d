import { encodeGs2, type Gs2Header, parseGs2 } from "./gs2.ts";

/** The message of OAUTHBEARER, taken apart. */
export interface OAuthBearerMessage {
  /** Whom to act for; absent for whom the token is for. */
  authzid?: string | undefined;
  token: string;
  /** The host and the port that the client connected to. */
  host?: string;
  port?: number;
  /** What the client said of channels, which the mechanism itself does not bind to. */
  binding?: Gs2Header["binding"];
}

/** Why a server refused a token, and how to get a better one. */
export interface OAuthBearerError {
  /** Such as `invalid_token`. */
  status: string;
  scope?: string;
  "openid-configuration"?: string;
}

/** What a client answers to an error, so that the server can end with a failure. */
export const oauthBearerAcknowledgement = "\x01";

const bearer = /^Bearer +(\S+)$/i;

/**
 * Spells the client's first message of OAUTHBEARER, which binds to no channel. A control character in
 * a field would end it early: nobody may choose one.
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
 * Takes the client's first message of OAUTHBEARER apart.
 *
 * @returns `undefined` when it breaks the grammar, names a pair twice, or has no bearer token.
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

/** Spells the challenge by which a server refuses a token. */
export function encodeOAuthBearerError(error: OAuthBearerError): string {
  return JSON.stringify(error);
}

/**
 * Reads the challenge by which a server refused a token.
 *
 * @returns `undefined` when it is not JSON with a `status`.
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

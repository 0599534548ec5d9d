/** The decoded message of PLAIN and of X-OAUTH2. */
export interface PlainMessage {
  /** Authorization identity: the user to act as; absent for the authenticated user. */
  authzid?: string | undefined;
  /** Authentication identity (authcid): the user who logs in. */
  username: string;
  /** The password, or the token. */
  password: string;
}

const shape = /^([^\0]*)\0([^\0]+)\0([^\0]+)$/;

/**
 * Encodes the message of PLAIN: `[authzid] NUL authcid NUL password`. Fields must not contain NUL, which
 * would end them early. Their length is not limited to the 255 bytes that every implementation must
 * accept, because a JWT is longer.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4616#section-2}
 */
export function encodePlain({ authzid = "", username, password }: PlainMessage): string {
  return `${authzid}\0${username}\0${password}`;
}

/**
 * Decodes the message of PLAIN.
 *
 * @returns `undefined` unless it has two NULs, a username and a password
 */
export function parsePlain(message: string): PlainMessage | undefined {
  const [, authzid, username, password] = shape.exec(message) ?? [];
  if (!username || !password) return undefined;
  return { ...(authzid && { authzid }), username, password };
}

/** The message of PLAIN, and of X-OAUTH2, taken apart. */
export interface PlainMessage {
  /** The authorization identity: whom to act for; absent for oneself. */
  authzid?: string | undefined;
  /** The authentication identity (authcid): who one is. */
  username: string;
  /** The password, or the token. */
  password: string;
}

const shape = /^([^\0]*)\0([^\0]+)\0([^\0]+)$/;

/**
 * Spells the one message of PLAIN: `[authzid] NUL authcid NUL password`. A NUL in a field would end it
 * early: nobody may choose one. No field is too long: 255 bytes are what everybody takes, and a JWT is
 * longer.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4616#section-2}
 */
export function encodePlain({ authzid = "", username, password }: PlainMessage): string {
  return `${authzid}\0${username}\0${password}`;
}

/**
 * Takes the message of PLAIN apart.
 *
 * @returns `undefined` when it does not have its two NULs, a username and a password.
 */
export function parsePlain(message: string): PlainMessage | undefined {
  const [, authzid, username, password] = shape.exec(message) ?? [];
  if (!username || !password) return undefined;
  return { ...(authzid && { authzid }), username, password };
}

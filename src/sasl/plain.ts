import { MayflyError } from "../error.ts";

/** The message of PLAIN, taken apart. */
export interface PlainMessage {
  /** Whom to act for; absent for oneself. */
  authzid?: string;
  /** Who one is. */
  authcid: string;
  password: string;
}

/**
 * Spells the one message of PLAIN: `[authzid] NUL authcid NUL password`. There is no longest field:
 * 255 bytes are what everybody takes, and a JWT is longer.
 *
 * @throws {@link MayflyError} `ERR_CREDENTIAL` for a field that is empty or has a NUL, which would
 * end it early.
 * @see {@link https://www.rfc-editor.org/rfc/rfc4616#section-2}
 */
export function encodePlain({ authzid, authcid, password }: PlainMessage): string {
  for (const [name, field] of Object.entries({ authzid, authcid, password })) {
    if (field === "" || field?.includes("\0")) {
      throw new MayflyError("ERR_CREDENTIAL", `the ${name} must not be empty or have a NUL`);
    }
  }
  return `${authzid ?? ""}\0${authcid}\0${password}`;
}

/**
 * Takes the message of PLAIN apart.
 *
 * @returns `undefined` when it does not have its two NULs, an authcid and a password.
 */
export function parsePlain(message: string): PlainMessage | undefined {
  const [authzid, authcid, password, ...more] = message.split("\0");
  if (!authcid || !password || more.length > 0) return undefined;
  return { ...(authzid && { authzid }), authcid, password };
}

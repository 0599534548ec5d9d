import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

/**
 * The hashes a mojoauth key may use. TURN and MojoAuth itself know only `sha1`; the others are for
 * keys that serve XMPP and SIP.
 */
export const hashes = ["sha1", "sha256", "sha384", "sha512"] as const;

/** One of {@link hashes}. */
export type Hash = (typeof hashes)[number];

/** A mojoauth username taken apart. */
export interface Username {
  /** When the credential ends, in Unix seconds. */
  expires: number;
  /** Whom it is for, a bare JID by default; absent when it names nobody. */
  id?: string;
}

const expiry = "(0|[1-9][0-9]{0,14})";
const usernameShape = new RegExp(`^${expiry}(?::(.*))?$`, "su");
const inlineShape = new RegExp(`^${expiry}:([A-Za-z0-9+/]+={0,2})$`);

/**
 * Spells the username that is signed: `<expiry>:<id>`, or the bare expiry when there is no id
 * (Kamailio refuses a trailing colon).
 *
 * @see {@link https://datatracker.ietf.org/doc/html/draft-uberti-behave-turn-rest-00#section-2.2}
 */
export function username({ expires, id }: Username): string {
  return id === undefined ? String(expires) : `${expires}:${id}`;
}

/**
 * Takes `<expiry>:<id>` apart. The id is everything behind the first colon; an empty one, as some
 * MojoAuth libraries write it, is none.
 *
 * @returns `undefined` when the text does not begin with a decimal expiry.
 */
export function parseUsername(text: string): Username | undefined {
  const match = usernameShape.exec(text);
  if (!match) return undefined;
  const expires = Number(match[1]);
  return match[2] ? { expires, id: match[2] } : { expires };
}

/** The MAC over a username, in padded standard base64. */
export function mac(secret: KeyObject, hash: Hash, signed: string): string {
  return createHmac(hash, secret).update(signed, "utf8").digest("base64");
}

/**
 * Whether `given` is the MAC over a username, in constant time. Spellings are compared, so that a
 * MAC has exactly one.
 */
export function isMac(given: string, secret: KeyObject, hash: Hash, signed: string): boolean {
  const expected = Buffer.from(mac(secret, hash, signed));
  const actual = Buffer.from(given);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** Spells the inline password `<expiry>:<mac>`, for any XMPP server and any XMPP client. */
export function inlinePassword(expires: number, mac: string): string {
  return `${expires}:${mac}`;
}

/**
 * Takes an inline password apart.
 *
 * @returns `undefined` when it is not one.
 */
export function parseInlinePassword(text: string): { expires: number; mac: string } | undefined {
  const match = inlineShape.exec(text);
  return match?.[2] ? { expires: Number(match[1]), mac: match[2] } : undefined;
}

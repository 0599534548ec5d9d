import type { KeyObject } from "node:crypto";
import type { Hash } from "./algorithm.ts";
import { hmac, isSame } from "./hmac.ts";

/** A mojoauth username taken apart. */
export interface Username {
  /** When the credential ends, in Unix seconds. */
  expires: number;
  /** Whom it is for, a bare JID by default; absent when it names nobody. */
  id?: string;
}

const expiry = "(0|[1-9][0-9]{0,14})";
// As long as one of the hashes makes it, in padded standard base64.
const base64 = "([A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{86}==)";
const usernameShape = new RegExp(`^${expiry}(?::(.*))?$`, "su");
const inlineShape = new RegExp(`^${expiry}:${base64}$`);
const tokenShape = new RegExp(`^(${expiry}:.+):${base64}$`, "su");

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
export function mac(secret: KeyObject, hash: Hash, signed: string | Uint8Array): string {
  return hmac(secret, hash, signed);
}

/**
 * Whether `given` is the MAC over a username, in constant time. Spellings are compared, so that a
 * MAC has exactly one.
 */
export function isMac(
  given: string,
  secret: KeyObject,
  hash: Hash,
  signed: string | Uint8Array,
): boolean {
  return isSame(given, hmac(secret, hash, signed));
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
  if (!inlineShape.test(text)) return undefined;
  const colon = text.indexOf(":");
  return { expires: Number(text.slice(0, colon)), mac: text.slice(colon + 1) };
}

/** Spells the token `<expiry>:<id>:<mac>`, for X-OAUTH2, OAUTHBEARER and MQTT 5. */
export function macToken(signed: string, mac: string): string {
  return `${signed}:${mac}`;
}

/**
 * Takes a token apart, at its last colon: an id may hold colons, a MAC cannot.
 *
 * @returns `undefined` when it is not one.
 */
export function parseMacToken(text: string): { signed: string; mac: string } | undefined {
  const match = tokenShape.exec(text);
  return match?.[1] && match[3] ? { signed: match[1], mac: match[3] } : undefined;
}

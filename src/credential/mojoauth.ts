import type { KeyObject } from "node:crypto";
import type { Hash } from "./algorithms.ts";
import { isDigest } from "./mac/base64.ts";
import { hmac, isHmac, type MacInput } from "./mac/hmac.ts";

/** A parsed mojoauth username. */
export interface Username {
  /** When the credential expires, in Unix seconds. */
  expires: number;
  /** The user that it is for, a bare JID by default; absent when it names no user. */
  id?: string;
}

const expiry = "(0|[1-9][0-9]{0,14})";
// A MAC of one of the hashes, in padded standard base64.
const base64 = "([A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{86}==)";
const usernameShape = new RegExp(`^${expiry}(?::(.*))?$`, "su");
const tokenShape = new RegExp(`^(${expiry}:.+):${base64}$`, "su");

/**
 * Encodes the username that is signed: `<expiry>:<id>`, or the bare expiry when there is no id
 * (Kamailio refuses a trailing colon).
 *
 * @see {@link https://datatracker.ietf.org/doc/html/draft-uberti-behave-turn-rest-00#section-2.2}
 */
export function username({ expires, id }: Username): string {
  return id === undefined ? String(expires) : `${expires}:${id}`;
}

/**
 * Parses `<expiry>:<id>`. The id is everything behind the first colon; an empty one, as some MojoAuth
 * libraries write it, is none.
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
 * Whether `given` is the MAC over a username, compared in constant time and as base64 text, so that
 * only one spelling of a MAC is valid.
 */
export function isValidMac(
  given: string,
  secret: KeyObject,
  hash: Hash,
  signed: MacInput,
): boolean {
  return isHmac(given, secret, hash, signed);
}

/** Whether a text can be a MAC: as long as one, in canonical padded standard base64. */
export function isMacShaped(text: string): boolean {
  return isDigest(text) && Buffer.from(text, "base64").toString("base64") === text;
}

/** Encodes the inline password `<expiry>:<mac>`, for any XMPP server and any XMPP client. */
export function inlinePassword(expires: number, encodedMac: string): string {
  return `${expires}:${encodedMac}`;
}

/** A parsed inline password. */
export interface InlinePassword {
  format: "mojoauth";
  presentation: "inline";
  /** When it expires, in Unix seconds. */
  expires: number;
  /** In padded standard base64. */
  mac: string;
}

/**
 * Parses an inline password.
 *
 * @returns `undefined` when it is not one.
 */
export function parseInlinePassword(text: string): InlinePassword | undefined {
  // Unit by unit: for a match a program that has just woken takes several times as long.
  const colon = text.indexOf(":");
  const expires = parseExpiry(text, colon);
  if (expires === undefined || !isDigest(text, colon + 1)) return undefined;
  return { format: "mojoauth", presentation: "inline", expires, mac: text.slice(colon + 1) };
}

/** The decimal number in front of `end`, as {@link usernameShape} has it. */
function parseExpiry(text: string, end: number): number | undefined {
  if (end < 1 || end > 15 || (end > 1 && text.charCodeAt(0) === 0x30)) return undefined;
  let expires = 0;
  for (let at = 0; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    expires = 10 * expires + digit;
  }
  return expires;
}

/** Encodes the token `<expiry>:<id>:<mac>`, for X-OAUTH2, OAUTHBEARER and MQTT 5. */
export function macToken(signed: string, encodedMac: string): string {
  return `${signed}:${encodedMac}`;
}

/**
 * Parses a token, at its last colon: an id may hold colons, a MAC cannot.
 *
 * @returns `undefined` when it is not one.
 */
export function parseMacToken(text: string): { signed: string; mac: string } | undefined {
  const match = tokenShape.exec(text);
  return match?.[1] && match[3] ? { signed: match[1], mac: match[3] } : undefined;
}

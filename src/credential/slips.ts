import { isMacShaped } from "./mojoauth.ts";

/** What a mojoauth credential that was made elsewhere may have wrong. Nothing of it is verified. */
export interface Presented {
  password: string;
  /** What was presented beside it, if anything. */
  username?: string | undefined;
}

const lettersOfMac = [27, 43, 64, 86]; // SHA-1, SHA-256, SHA-384 and SHA-512, without the padding
const farFuture = 99_999_999_999; // in seconds the year 5138, in milliseconds 1973

/** Whether a number is too late for Unix seconds, and right for milliseconds. */
export function isInMilliseconds(time: unknown): time is number {
  return typeof time === "number" && time > farFuture;
}

/**
 * What is wrong with a mojoauth credential of another program, as sentences: the id before the expiry,
 * milliseconds, a MAC without its padding or in base64url.
 *
 * @param credential - `<expiry>:<mac>` or `<expiry>:<id>:<mac>`, or the MAC alone beside its username
 */
export function findSlips({ password, username }: Presented): string[] {
  const colon = password.lastIndexOf(":");
  const signed = username ?? password.slice(0, Math.max(colon, 0));
  const mac = username === undefined ? password.slice(colon + 1) : password;
  return [...slipsInUsername(signed), ...slipsInMac(mac)];
}

function slipsInUsername(signed: string): string[] {
  const [, expiry] = /^(\d{1,15})(?::|$)/.exec(signed) ?? [];
  if (expiry !== undefined) return milliseconds(expiry);
  const [, id, last] = /^(.+):(\d{9,15})$/s.exec(signed) ?? [];
  if (id === undefined || last === undefined) return [];
  const right = "the expiry belongs first, <expiry>:<id>, and the MAC must be over that";
  return [`its username is <id>:<expiry>: ${right}`, ...milliseconds(last)];
}

function milliseconds(expiry: string): string[] {
  if (!isInMilliseconds(Number(expiry))) return [];
  const seconds = Math.floor(Number(expiry) / 1000);
  const fix = `divide it by 1000 before it is signed, which gives ${seconds}`;
  return [`the expiry may be in milliseconds: it must be in seconds: ${fix}`];
}

function slipsInMac(mac: string): string[] {
  if (isMacShaped(mac)) return [];
  const bare = mac.replace(/=+$/, "");
  if (!lettersOfMac.includes(bare.length) || !/^[\w+/-]+$/.test(bare)) return hexadecimal(mac);
  const slips = /[_-]/.test(bare) ? ["its MAC is in base64url; standard base64 is meant"] : [];
  const padded = bare.padEnd(Math.ceil(bare.length / 4) * 4, "=");
  if (mac === padded) return slips;
  const missing = padded.slice(bare.length);
  return [...slips, `its MAC has no padding: ${missing} is missing at its end`];
}

function hexadecimal(mac: string): string[] {
  const isDigest = [40, 64, 96, 128].includes(mac.length) && /^[0-9a-f]+$/i.test(mac);
  return isDigest ? ["its MAC is in hexadecimal; padded base64 of the bytes is meant"] : [];
}

import { InvalidArgumentError } from "commander";
import { parseDuration } from "../config/index.ts";
import { type BareJid, parseBareJid, parseCredential } from "../credential/index.ts";
import { MayflyError } from "../error.ts";

/**
 * Parses a bare JID. The error does not quote the text: it may be a credential in the wrong place.
 *
 * @param what - name of the argument or option
 */
export function bareJid(text: string, what: string): BareJid {
  if (text.includes("@") && !parseCredential(text)) return parseBareJid(text);
  const fix = "write localpart@host, such as alice@example.com";
  throw new MayflyError("ERR_ID", `${what} is not a bare JID: ${fix}`);
}

/** Parses a duration option to seconds. */
export function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError("Write 90s, 10m or 24h.");
  return seconds;
}

/** Parses a host option. */
export function hostName(text: string): string {
  try {
    return parseBareJid(`any@${text}`).host;
  } catch {
    throw new InvalidArgumentError("Write a host in lower case, such as example.com.");
  }
}

import { Problem } from "./problem.ts";

const longest = 255;

/**
 * The name that a room has inside Jitsi, which a token must name: percent-encoded, in lower case.
 * Jitsi may have encoded it already.
 *
 * @throws {@link Problem} for a name that means every room, or leads to another page.
 * @see `getBackendSafeRoomName` of jitsi-meet
 */
export function roomName(text: string): string {
  const plain = decoded(text).normalize("NFKC").toLowerCase();
  if (plain.length > longest || /^(\*|\.*)$|[/\\\p{Cc}\p{Cs}]/u.test(plain)) {
    throw new Problem("request", "room must be the name of one room");
  }
  return encodeURIComponent(plain).toLowerCase();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import * as v from "valibot";

import { Problem } from "../problem.ts";

const maxStateLength = 4096;

const members = v.looseObject({
  room: v.exactOptional(v.string()),
  tenant: v.nullish(v.pipe(v.string(), v.regex(/^([\p{L}\p{N}_-][\p{L}\p{N}._-]*)?$/u))),
});

/** State that Jitsi Meet passes to its `tokenAuthUrl` and expects back. */
export interface JitsiState {
  /** Room name in the form of {@link roomName}. */
  room?: string;
  tenant?: string;
  /** Settings for the fragment of the URL to return to. */
  settings: readonly string[];
}

/**
 * Parses the `{state}` of a `tokenAuthUrl`: JSON with the room, the tenant, and settings of the page.
 * Drops all other members.
 *
 * @throws {@link Problem}
 * @see `_getTokenAuthState` of jitsi-meet
 */
export function parseState(text: string): JitsiState {
  const parsed = v.safeParse(members, jsonOf(text));
  if (!parsed.success) throw new Problem("request", "state must be what Jitsi Meet puts there");
  const { room, tenant, ...rest } = parsed.output;
  return {
    ...(room !== undefined && { room: roomName(room) }),
    ...(tenant && { tenant }),
    settings: Object.entries(rest).flatMap(([name, value]) => setting(name, value)),
  };
}

function jsonOf(text: string): unknown {
  try {
    return text.length <= maxStateLength ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Formats one setting as the page parses it: its value as percent-encoded JSON. A text value that is JSON
 * already comes from a fragment, and is not encoded twice.
 */
function setting(name: string, value: unknown): string[] {
  if (!/^(config|interfaceConfig|iceServers)\.[\w.]+$/.test(name) || value === "") return [];
  const parsed = typeof value === "string" ? (jsonOf(value) ?? value) : value;
  return [`${name}=${encodeURIComponent(JSON.stringify(parsed))}`];
}

const maxRoomLength = 255;

/**
 * Converts a room name to Jitsi's internal form, which a token must name: percent-encoded, in lower case.
 * Accepts encoded names too.
 *
 * @throws {@link Problem} for a name that means every room, or would lead to another page
 * @see `getBackendSafeRoomName` of jitsi-meet
 */
export function roomName(text: string): string {
  const plain = decoded(text).normalize("NFKC").toLowerCase();
  if (plain.length > maxRoomLength || /^(\*|\.*)$|[/\\\p{Cc}\p{Cs}]/u.test(plain)) {
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

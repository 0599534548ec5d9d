import * as v from "valibot";
import { roomName } from "./jitsi-room.ts";
import { Problem } from "./problem.ts";

const longest = 4096;

const members = v.looseObject({
  room: v.exactOptional(v.string()),
  tenant: v.nullish(v.pipe(v.string(), v.regex(/^([\p{L}\p{N}_-][\p{L}\p{N}._-]*)?$/u))),
});

/** What Jitsi Meet wants back from who mints its tokens. */
export interface JitsiState {
  /** As {@link roomName} has it. */
  room?: string;
  tenant?: string;
  /** For the fragment of the URL to return to. */
  settings: readonly string[];
}

/**
 * Reads the `{state}` of a `tokenAuthUrl`: JSON with the room, the tenant, and settings of the page.
 * Of the rest nothing is kept.
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
    return text.length <= longest ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * One setting as the page parses it: its value is JSON, percent-encoded. Text that is JSON already
 * comes from a fragment.
 */
function setting(name: string, value: unknown): string[] {
  if (!/^(config|interfaceConfig|iceServers)\.[\w.]+$/.test(name) || value === "") return [];
  const parsed = typeof value === "string" ? (jsonOf(value) ?? value) : value;
  return [`${name}=${encodeURIComponent(JSON.stringify(parsed))}`];
}

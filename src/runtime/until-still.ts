import { type Stats, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const quietMs = 500;

/** What tells that a file was changed or replaced; `undefined` where there is none. */
export type FileState = Pick<Stats, "ino" | "size" | "mtimeMs" | "ctimeMs"> | undefined;

/** Waits until none of the files, existing or not, has changed for half a second. */
export async function untilStill(paths: Iterable<string>): Promise<void> {
  const all = [...paths];
  if (areStill(all)) return;
  for (let before = all.map(fileState); ; ) {
    await pause(quietMs, undefined, { ref: false });
    const now = all.map(fileState);
    if (now.every((state, index) => isSame(state, before[index]))) return;
    before = now;
  }
}

/** Whether all files exist and were last changed, or put in their place, more than half a second ago. */
export function areStill(paths: Iterable<string>): boolean {
  return [...paths].map(fileState).every((state) => {
    return state && Date.now() - Math.max(state.mtimeMs, state.ctimeMs) > quietMs;
  });
}

export function fileState(path: string): FileState {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // its folder cannot be entered
  }
}

/** Whether a file was neither changed, replaced, created nor removed between two states. */
export function isSame(before: FileState, now: FileState): boolean {
  if (!before || !now) return before === now;
  return now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size;
}

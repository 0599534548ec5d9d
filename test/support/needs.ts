import { describe } from "vitest";
import { isInstalled, type ServerName } from "./debian.ts";

/** `describe` for a suite that needs servers; without them it is named at the run's end. */
export function describeWith(...names: ServerName[]): typeof describe.skip {
  return names.every(isInstalled) ? describe : describe.skip;
}

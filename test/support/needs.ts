import { describe } from "vitest";
import { isInstalled, type ServerName } from "./debian.ts";

/** `describe` for a suite that needs a server; without it the suite is named at the run's end. */
export function describeWith(name: ServerName): typeof describe.skip {
  return isInstalled(name) ? describe : describe.skip;
}

import { describe } from "vitest";
import { isInstalled, isRoot, type ServerName } from "../machine/debian.ts";

/**
 * `describe` for a suite that needs servers. Where they cannot be had it is skipped, and named at the
 * run's end with what mends it (not-run.ts); in CI the set-up has failed by then (install.ts).
 */
export function describeWith(...names: ServerName[]): typeof describe.skip {
  return names.every(isInstalled) ? describe : describe.skip;
}

/** The same for a suite that needs a machine of its own (machine.ts), and so root. */
export function describeAsRoot(...names: ServerName[]): typeof describe.skip {
  return isRoot ? describeWith("ip", "systemd", ...names) : describe.skip;
}

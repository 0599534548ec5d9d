import type { Weakness } from "../../keyring/index.ts";
import { type Finding, finding } from "./finding.ts";

/** Reports keys that are weaker than they should be. */
export function weakKeys(weaknesses: readonly Weakness[], where: string): Finding[] {
  return weaknesses.map(({ code, what, fix }) => finding(code, what, undefined, { where, fix }));
}

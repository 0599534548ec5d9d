import type { KeyEntry } from "../config/index.ts";

/** Says on standard error what is not right and yet no reason to stop. */
export function warn(what: string): void {
  process.stderr.write(`mayfly: warning: ${what}\n`);
}

/** Warns where no key mints. */
export function warnAboutMinting(entries: readonly KeyEntry[]): void {
  if (entries.some(({ state = "mint" }) => state === "mint")) return;
  warn("no key is in state mint, so nothing can be minted: mayfly keys add makes one");
}

import { type KeyEntry, writableByAll } from "../config/index.ts";
import { printErrorLine } from "./output.ts";

/** Prints a warning on standard error. */
export function warn(what: string): void {
  printErrorLine(`mayfly: warning: ${what}`);
}

/** Warns if every user of this machine can write to the configuration, and so decide who logs in. */
export function warnAboutWritable(source: string): void {
  const path = writableByAll(source);
  if (path) warn(`every user of this machine can write to ${path}: chmod o-w ${path}`);
}

/** Warns if there are keys but none is in state `mint`. */
export function warnAboutMinting(entries: readonly KeyEntry[]): void {
  if (entries.length === 0 || entries.some(({ state = "mint" }) => state === "mint")) return;
  warn("no key is in state mint, so nothing can be minted: create one with mayfly keys add");
}

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type Config, KeyFile, writableByAll } from "../../../config/index.ts";
import { findWeaknesses } from "../../../keyring/index.ts";
import { type AuthContext, onceForEachProgram } from "../../../runtime/context.ts";
import { openSecrets } from "../keys/list.ts";
import type { Problem } from "./problem.ts";

/** What refuses no login now, but is likely to be a mistake: weak keys, open files, options without an effect. */
export function findWarnings(context: AuthContext, config: Config, file?: string): Problem[] {
  const { source, keyring } = context;
  const warnings: Omit<Problem, "severity">[] = [];
  if (source !== "MAYFLY_SECRET") {
    for (const { id, path } of openSecrets(new KeyFile(file))) {
      const what = `key ${id}: other users can access its secret`;
      warnings.push({ what, fix: `chmod o= ${path}` });
    }
  }
  for (const path of (config.httpSecretFiles ?? []).filter(isOpen)) {
    const what = `other users can access ${path}, a secret of the HTTP API`;
    warnings.push({ what, fix: `chmod o= ${path}` });
  }
  for (const path of (config.issuerSecretFiles ?? []).filter(isOpen)) {
    const what = `other users can access ${path}, the client secret of an issuer`;
    warnings.push({ what, fix: `chmod o= ${path}` });
  }
  const writable = writableByAll(source);
  if (writable) {
    const what = `every user of this machine can write to ${writable}`;
    warnings.push({ what, fix: `chmod o-w ${writable}` });
  }
  warnings.push(...findWeaknesses(keyring.keys).map(({ what, fix }) => ({ what, fix })));
  if (keyring.keys.length > 0 && !keyring.keys.some(({ state }) => state === "mint")) {
    warnings.push({ what: "no key is in state mint", fix: "create one with mayfly keys add" });
  }
  if (config.feed && config.store === undefined) {
    const what = "feed.sockets is set without a store, so that there is nothing to follow";
    warnings.push({ what, fix: "add store: lmdb:DIR or redis://HOST" });
  }
  const memory = onceForEachProgram(config);
  if (memory) warnings.push({ what: memory, fix: "store: lmdb:DIR, or run mayfly serve alone" });
  for (const [option, path] of writtenFiles(config)) {
    const problem = whyNotWritable(path);
    if (problem) warnings.push({ what: `${option} ${path} ${problem}`, fix: `chown ${path}` });
  }
  return warnings.map((it) => ({ severity: "warning", ...it }));
}

function isOpen(path: string): boolean {
  return (statSync(path).mode & 0o007) !== 0;
}

/** The files and folders that Mayfly writes to, by their option. */
function writtenFiles({ log, store }: Config): [option: string, path: string][] {
  return [
    ...(log?.file === undefined ? [] : [["log.file", log.file] as [string, string]]),
    ...(store?.startsWith("lmdb:") ? [["store", store.slice(5)] as [string, string]] : []),
  ];
}

/** Why this user cannot write to a file, or cannot create it. */
function whyNotWritable(path: string): string | undefined {
  const target = existsSync(path) ? path : dirname(path);
  try {
    accessSync(target, constants.W_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return target === path
      ? `cannot be written by this user (${code})`
      : `cannot be created by this user: ${target} (${code})`;
  }
}

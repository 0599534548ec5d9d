import { chmodSync, chownSync, existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { MayflyError } from "../error.ts";
import { createFile, type FileAccess } from "./files.ts";
import { generateSecret } from "./generate-secret.ts";

/** Paths of a new configuration, for one host and one key, before it is written. */
export interface InitPlan {
  folder: string;
  /** Whether the folder must be created. */
  needsFolder: boolean;
  config: string;
  /** File of the key's secret. */
  secret: string;
}

/**
 * Plans the files of a new configuration.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` if one of them exists
 */
export function planInit(folder: string, id: string): InitPlan {
  const [config, secret] = [join(folder, "mayfly.yml"), join(folder, `${id}.key`)];
  for (const path of [config, secret]) {
    if (!existsSync(path)) continue;
    const fix = "mayfly keys add adds a key to a mayfly.yml, --dir names another folder";
    throw new MayflyError("ERR_CONFIG", `${path}: already exists: ${fix}`);
  }
  return { folder, needsFolder: !existsSync(folder), config, secret };
}

/**
 * Writes a configuration that only its owner can read: all files or none.
 *
 * @param owner - owner of the files; the current user when absent
 * @throws {@link MayflyError} `ERR_CONFIG`; the message names the file that could not be written
 */
export function writeInit(
  { folder, needsFolder, config, secret }: InitPlan,
  { id, host, owner }: { id: string; host: string; owner?: Pick<FileAccess, "uid" | "gid"> },
): void {
  const undo: (() => void)[] = [];
  try {
    if (needsFolder) {
      makeFolder(folder, owner);
      undo.unshift(() => rmdirSync(folder));
    }
    createFile(secret, generateSecret("sha1"), owner);
    undo.unshift(() => rmSync(secret));
    createFile(config, contentOf(id, host), owner);
  } catch (error) {
    for (const step of undo) step();
    throw error;
  }
}

function makeFolder(folder: string, owner?: Pick<FileAccess, "uid" | "gid">): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (owner) chownSync(folder, owner.uid, owner.gid);
    chmodSync(folder, 0o750);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fix = code === "EACCES" ? ": run it as root, or name another folder with --dir" : "";
    throw new MayflyError("ERR_CONFIG", `${folder}: cannot be made (${code})${fix}`);
  }
}

function contentOf(id: string, host: string): string {
  // In this order, so that a file that is cut off has no keys, and is no configuration.
  return `hosts: # only these are served
  ${stringify(host).trimEnd()}: { ttl: 1h, max_ttl: 24h }
keys:
  - id: ${id}
    secret: file:${id}.key
    algorithm: sha1
    state: mint
`;
}

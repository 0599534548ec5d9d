import { chmodSync, chownSync, existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { MayflyError } from "../error.ts";
import type { Access } from "./access.ts";
import { createFile } from "./files.ts";
import { newSecret } from "./new-key.ts";

/** A configuration that is yet to be written: who may log in to one host, by one fresh key. */
export interface Fresh {
  folder: string;
  /** Whether the folder is to be made, too. */
  needsFolder: boolean;
  config: string;
  /** The file of the key's secret. */
  secret: string;
}

/**
 * Where a configuration goes.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` where a file is in its place.
 */
export function planFresh(folder: string, id: string): Fresh {
  const [config, secret] = [join(folder, "mayfly.yml"), join(folder, `${id}.key`)];
  for (const path of [config, secret]) {
    if (!existsSync(path)) continue;
    const fix = "mayfly keys add puts a key into a mayfly.yml, --dir names another folder";
    throw new MayflyError("ERR_CONFIG", `${path}: is there already: ${fix}`);
  }
  return { folder, needsFolder: !existsSync(folder), config, secret };
}

/**
 * Writes a configuration, for its owner alone: all of it or nothing.
 *
 * @param owner - whose it is; who writes it, when absent
 * @throws {@link MayflyError} `ERR_CONFIG`, which names what could not be written.
 */
export function writeFresh(
  { folder, needsFolder, config, secret }: Fresh,
  { id, host, owner }: { id: string; host: string; owner?: Pick<Access, "uid" | "gid"> },
): void {
  const undo: (() => void)[] = [];
  try {
    if (needsFolder) {
      makeFolder(folder, owner);
      undo.unshift(() => rmdirSync(folder));
    }
    createFile(secret, newSecret("sha1"), owner);
    undo.unshift(() => rmSync(secret));
    createFile(config, contentOf(id, host), owner);
  } catch (error) {
    for (const step of undo) step();
    throw error;
  }
}

function makeFolder(folder: string, owner?: Pick<Access, "uid" | "gid">): void {
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
  return `keys:
  - id: ${id}
    secret: file:${id}.key
    algorithm: sha1
    state: mint
hosts: # that are served: no other is
  ${stringify(host).trimEnd()}: { ttl: 1h, max_ttl: 24h }
`;
}

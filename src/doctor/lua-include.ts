import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type LuaFile, readLua } from "./lua-file.ts";

/**
 * Reads a file of Prosody's with those that it includes, as Prosody does: what they set counts from
 * where they are included, and is for all unless it stands behind a host of their own.
 */
export function readLuaWithIncluded(text: string, path: string): LuaFile {
  return readLua(text, (name) => {
    const files = named(resolve(dirname(path), name)).map(readIncluded);
    return {
      assignments: files.flatMap(({ assignments }) => assignments),
      sections: files.flatMap(({ sections }) => sections),
    };
  });
}

function readIncluded(file: string): LuaFile {
  const { assignments, sections } = readLuaWithIncluded(read(file), file);
  return { assignments: assignments.map((it) => ({ file, ...it })), sections };
}

/** Prosody passes over what it cannot read, too. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The files of a path; `*` and `?` may stand in its last part. */
function named(path: string): string[] {
  if (!/[*?]/.test(path)) return [path];
  const folder = dirname(path);
  const spelled = basename(path)
    .replace(/[.+^$()|[\]{}\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const matches = new RegExp(`^${spelled}$`);
  try {
    return readdirSync(folder)
      .filter((name) => matches.test(name))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { MayflyError } from "../error.ts";
import type { Access } from "./access.ts";

/**
 * Reads a file.
 *
 * @throws {@link MayflyError} `ERR_CONFIG`, as all of these do: it names the file, and no more of
 * it than that.
 */
export function readFile(path: string): Buffer {
  return attempt(path, "read", () => fs.readFileSync(path));
}

/** Writes a file that is not there yet, for its owner alone unless told otherwise. */
export function createFile(
  path: string,
  content: string | Uint8Array,
  access: Partial<Access> = {},
): void {
  attempt(path, "written", () => create(path, content, access));
}

/**
 * Replaces a file at once, so that nobody ever reads half of it. It keeps its mode, its owner, and
 * the links that lead to it. Where that cannot be, it stays as it was.
 *
 * @param before what it held when the change was thought out.
 */
export function replaceFile(path: string, before: Uint8Array, after: string): void {
  attempt(path, "written", () => {
    const target = fs.realpathSync(path);
    const random = randomBytes(6).toString("hex");
    const temporary = join(dirname(target), `.${basename(target)}.${random}`);
    create(temporary, after, fs.statSync(target));
    try {
      if (!fs.readFileSync(target).equals(before)) {
        throw new MayflyError("ERR_CONFIG", `${path}: was changed meanwhile: try again`);
      }
      fs.renameSync(temporary, target);
    } catch (error) {
      fs.rmSync(temporary, { force: true });
      throw error;
    }
  });
}

function create(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600, uid, gid }: Partial<Access>,
): void {
  const file = fs.openSync(path, "wx", 0o600);
  try {
    fs.writeFileSync(file, content);
    const made = fs.fstatSync(file);
    const owner = [uid ?? made.uid, gid ?? made.gid] as const;
    if (owner[0] !== made.uid || owner[1] !== made.gid) fs.fchownSync(file, ...owner);
    fs.fchmodSync(file, mode & 0o7777);
    fs.fsyncSync(file);
  } catch (error) {
    fs.rmSync(path, { force: true });
    throw error;
  } finally {
    fs.closeSync(file);
  }
}

function attempt<T>(path: string, what: "read" | "written", action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof MayflyError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === "EEXIST" ? "is there already" : `cannot be ${what} (${code})`;
    throw new MayflyError("ERR_CONFIG", `${path}: ${problem}`);
  }
}

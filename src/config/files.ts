import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { MayflyError } from "../error.ts";

/**
 * Reads a file.
 *
 * @throws {@link MayflyError} `ERR_CONFIG`, as all functions here do; the message names the file and
 * never quotes it
 */
export function readFile(path: string): Buffer {
  return attempt(path, "read", () => fs.readFileSync(path));
}

/** Creates a file; mode `0o600` by default. Fails if it exists. */
export function createFile(
  path: string,
  content: string | Uint8Array,
  access: Partial<FileAccess> = {},
): void {
  attempt(path, "written", () => create(path, content, access));
}

/**
 * Replaces a file atomically: readers see the old content or the new. Keeps its mode, owner and symbolic
 * links; if it cannot, the file stays unchanged.
 *
 * @param before - the content that the change is based on; the call fails if the file has changed since
 */
export function replaceFile(path: string, before: Uint8Array, after: string): void {
  attempt(path, "written", () => {
    const target = fs.realpathSync(path);
    const random = randomBytes(6).toString("hex");
    const temporary = join(dirname(target), `.${basename(target)}.${random}`);
    create(temporary, after, fs.statSync(target));
    try {
      if (!fs.readFileSync(target).equals(before)) {
        throw new MayflyError("ERR_CONFIG", `${path}: was changed by another program: try again`);
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
  { mode = 0o600, uid, gid }: Partial<FileAccess>,
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
    const problem = code === "EEXIST" ? "already exists" : `cannot be ${what} (${code})`;
    throw new MayflyError("ERR_CONFIG", `${path}: ${problem}`);
  }
}

/** Mode and owner of a file. */
export interface FileAccess {
  mode: number;
  uid: number;
  gid: number;
}

/**
 * Mode and owner for a new secret file. By default only the current user can read it. A file that root
 * creates is for a server to read: it gets the owner and group access of the first existing secret that
 * other users cannot access, or else the owner of the configuration.
 */
export function secretFileMode(secrets: readonly string[], config: string): Partial<FileAccess> {
  if (process.getuid?.() !== 0) return {};
  const guarded = secrets.map(accessOf).find((access) => access && (access.mode & 0o007) === 0);
  const like = guarded ?? accessOf(config);
  return like ? { ...like, mode: 0o600 | ((guarded?.mode ?? 0) & 0o040) } : {};
}

function accessOf(path: string): FileAccess | undefined {
  try {
    const { mode, uid, gid } = statSync(path);
    return { mode, uid, gid };
  } catch {
    return undefined;
  }
}

import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A user account of this machine. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
  /** All of its groups. */
  groups: number[];
  home: string;
}

/** Finds a user by name or number in `/etc/passwd`. */
export function findAccount(who: string | number): Account | undefined {
  const [name, , uid, gid, , home] =
    records("/etc/passwd").find(
      (record) => record[typeof who === "number" ? 2 : 0] === String(who),
    ) ?? [];
  if (name === undefined || home === undefined) return undefined;
  const groups = records("/etc/group").flatMap(([, , id, members = ""]) =>
    members.split(",").includes(name) ? Number(id) : [],
  );
  return { name, uid: Number(uid), gid: Number(gid), groups: [Number(gid), ...groups], home };
}

/** The user that owns a file: a server's configuration mostly belongs to the server. */
export function ownerOf(path: string): Account | undefined {
  try {
    return findAccount(statSync(path).uid);
  } catch {
    return undefined;
  }
}

function records(path: string): string[][] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
}

const bits = { read: 4, execute: 1 };

/**
 * The folder or file whose mode keeps a user from a file; `missing` where there is no file; `undefined`
 * where the user has access, or where this process may not look.
 */
export function findBlockedPath(
  account: Account,
  path: string,
  need: keyof typeof bits,
): string | undefined {
  const folders: string[] = [];
  for (let it = dirname(path); ; it = dirname(it)) {
    folders.unshift(it);
    if (it === dirname(it)) break;
  }
  try {
    const closed = folders.find((folder) => !may(account, folder, bits.execute));
    return closed ?? (may(account, path, bits[need]) ? undefined : path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : undefined;
  }
}

function may(account: Account, path: string, bit: number): boolean {
  const { mode, uid, gid } = statSync(path);
  if (account.uid === 0)
    return bit === bits.read || statSync(path).isDirectory() || (mode & 0o111) !== 0;
  const shift = account.uid === uid ? 6 : account.groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & bit) !== 0;
}

import { readFileSync } from "node:fs";

/** A user of this machine. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** The user with this name, as `/etc/passwd` has it. */
export function accountOf(name: string): Account | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((it) => it.startsWith(`${name}:`));
  if (line === undefined) return undefined;
  const [, , uid, gid] = line.split(":");
  return { name, uid: Number(uid), gid: Number(gid) };
}

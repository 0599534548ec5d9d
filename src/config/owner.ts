import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { MayflyError } from "../error.ts";

/** System users that XMPP servers and `mayfly serve` run as. */
const serverUsers = ["ejabberd", "mayfly", "prosody"];

/**
 * As root, refuses a configuration file found by default that another user owns: root's working
 * directory may be any user's folder.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` unless root, sudo's caller or a server's user owns the file
 */
export function assertTrustedOwner(path: string, env: NodeJS.ProcessEnv): void {
  if (process.getuid?.() !== 0) return;
  const { uid } = statSync(path);
  if (uid === 0 || String(uid) === env.SUDO_UID || isServerUser(uid)) return;
  const problem = `belongs to the user ${uid}, and root uses files of other users only by name`;
  throw new MayflyError("ERR_CONFIG", `${path}: ${problem}: --config ${resolve(path)}`);
}

function isServerUser(uid: number): boolean {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .some(([name = "", , id]) => serverUsers.includes(name) && id === String(uid));
}

/** Path of the file or its folder, if every user of this machine can write to it. */
export function writableByAll(path: string): string | undefined {
  if (!existsSync(path)) return undefined; // the configuration is an environment variable
  return [path, dirname(resolve(path))].find((it) => {
    const mode = statSync(it, { throwIfNoEntry: false })?.mode ?? 0;
    const isSticky = (mode & 0o1000) !== 0; // in a sticky folder, users cannot replace others' files
    return (mode & 0o002) !== 0 && !isSticky;
  });
}

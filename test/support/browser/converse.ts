import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const version = "14.0.0";
const integrity =
  "sha512-LFUg030jDalV47vI/vyVPqYPZfJYXFbubq8v0cFDe2zXNeeGEk3Up0Fj/WTzT6t+6do+cAIToy73eAj7RNDj2Q==";

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mayfly");

/** What Converse is distributed as: too big, with what it is built from, to depend on. */
export const converseFolder: string = join(cache, `converse-${version}`);

/** The one line that says what is missing. */
export const converseRemedy = `Converse ${version} could not be had from npm's registry`;

/** Whether it is there. */
export function haveConverse(): boolean {
  return existsSync(converseFolder);
}

/** Gets it where it is missing, once for all checkouts. */
export function ensureConverse(): boolean {
  if (haveConverse()) return true;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "converse-"));
  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, { cwd: folder, encoding: "utf8" }).stdout;
  try {
    const packed = JSON.parse(run("npm", "pack", "--json", `converse.js@${version}`) || "[]")[0];
    if (packed?.integrity !== integrity) return false;
    run("tar", "-xf", packed.filename, "package/dist");
    try {
      renameSync(join(folder, "package/dist"), converseFolder);
    } catch (error) {
      if (!haveConverse()) throw error; // another run was sooner
    }
    return true;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const recipe = fileURLToPath(new URL("newer-debian.sh", import.meta.url));

/** The suites of the Debians that are in use, by their folders. */
const suites = new Map<string, string>();

/**
 * The root of the Debian whose ejabberd is tested: our own, or with `MAYFLY_EJABBERD=24.12` or
 * `26.07` a folder with a newer one, kept for all checkouts; another recipe gives another folder.
 */
export const ejabberdRoot: string = chooseRoot("MAYFLY_EJABBERD", {
  "24.12": "trixie",
  "26.07": "sid",
});

/** The same for Prosody, with `MAYFLY_PROSODY=13`. */
export const prosodyRoot: string = chooseRoot("MAYFLY_PROSODY", { "13": "trixie" });

/** The Node that ejabberd can start: in another root ours is out of sight. */
export const node: string = ejabberdRoot === "/" ? process.execPath : "/usr/bin/node";

/** The roots of Debian 12 and 13, for what is installed on a stock Debian. */
export const stockRoots: Record<"12" | "13", string> = {
  "12": rootFor("bookworm"),
  "13": rootFor("trixie"),
};

function chooseRoot(name: string, versions: Record<string, string>): string {
  const version = process.env[name];
  if (!version) return "/";
  const suite = versions[version];
  if (!suite)
    throw new Error(`${name} may be ${Object.keys(versions).join(" or ")}, not ${version}`);
  return rootFor(suite);
}

function rootFor(suite: string): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const edition = createHash("sha256").update(readFileSync(recipe)).digest("hex").slice(0, 8);
  const root = join(cache, "mayfly", `${suite}-${edition}`);
  suites.set(root, suite);
  return root;
}

/** What the recipe is told. */
function suiteAnd(root: string): [string, string] {
  return [suites.get(root) ?? "", root];
}

/** Builds such a folder, as root. */
export function buildRoot(root: string): boolean {
  return spawnSync(recipe, suiteAnd(root), { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
}

/** The one line that builds it by hand. */
export function rootRemedy(root: string): string {
  return `sudo ${recipe} ${suiteAnd(root).join(" ")}`;
}

/**
 * A command that runs with the programs and libraries of that Debian, and with everything else
 * where it is: no path changes, and the mounts end with the command.
 */
export function withProgramsOf(
  root: string,
  command: [string, ...string[]],
): [string, ...string[]] {
  if (root === "/") return command;
  const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const enter = 'for it in usr etc; do mount --bind "$0/$it" "/$it"; done; exec "$@"';
  return ["unshare", "--mount", ...asRoot, "sh", "-ec", enter, root, ...command];
}

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Packs this checkout as it would be published, without scripts, which would build what other tests
 * stand on.
 *
 * @returns the file's name
 */
export function pack(folder: string): string {
  const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  return execFileSync("npm", args, { cwd: checkout, encoding: "utf8" }).trim();
}

/** Lines that install `mayfly` from npm, with that file in its place. */
export function installing(lines: string, tarball: string): string {
  return lines.replace(/^(npm install .*?)\bmayfly\b/gm, `$1${tarball}`);
}

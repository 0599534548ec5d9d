import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder where Mayfly is installed once, when the first test of a run needs it. */
    installed: string;
  }
}

const checkout = fileURLToPath(new URL("../../..", import.meta.url));

/** Packs this checkout as it would be published, and installs that from npm, unless it is done. */
const script = `
[ ! -e "$0/prefix" ] || exit 0
npm install --silent --global --prefix "$0" "$0/$(npm pack --silent --ignore-scripts --pack-destination "$0")"
npm prefix --global >"$0/prefix.new"
mv "$0/prefix.new" "$0/prefix"`;

/** Provides the folder, which ends with the run. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-installed-"));
  provide("installed", folder);
  return () => rmSync(folder, { recursive: true });
}

/**
 * Puts into a machine's files what `npm install -g mayfly` would.
 *
 * @param root - where its files are
 * @param env - what else than ours its environment has, to find its own npm
 */
export function putMayfly(root: string, env: NodeJS.ProcessEnv): void {
  const folder = inject("installed");
  execFileSync("flock", [join(folder, "lock"), "sh", "-ec", script, folder], {
    cwd: checkout,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const prefix = join(root, readFileSync(join(folder, "prefix"), "utf8").trim());
  for (const path of ["lib/node_modules/mayfly", "bin/mayfly"]) {
    execFileSync("cp", ["-a", join(folder, path), join(prefix, path)]);
  }
}

import { ensureInstalled, isRoot, remedy, type ServerName, servers } from "./debian.ts";

/** Installs the servers that the end-to-end tests need. In CI nothing may be missing. */
export default function setup(): void {
  if (process.env.CI && !isRoot) throw new Error("some tests need root, and CI skips none");
  for (const name of Object.keys(servers) as ServerName[]) {
    const there = ensureInstalled(name, (line) => process.stderr.write(`${line}\n`));
    if (!there && process.env.CI) throw new Error(`no ${name} in CI: ${remedy(name)}`);
  }
}

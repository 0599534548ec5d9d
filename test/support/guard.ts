import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ejabberdRoot, withProgramsOf } from "./newer-debian.ts";

const guard = fileURLToPath(new URL("../../ejabberd/mod_mayfly_guard", import.meta.url));

/** Puts the guard where ejabberd's own installer compiles it from. */
export function offerGuard(home: string): void {
  cpSync(guard, join(home, ".ejabberd-modules/sources/mod_mayfly_guard"), { recursive: true });
}

/** Installs the guard by hand, as its README says, with this done to its source before. */
export function installGuard(
  change: (source: string) => string = (source) => source,
): (home: string) => void {
  return (home) => {
    const installed = join(home, ".ejabberd-modules/mod_mayfly_guard");
    const ebin = join(installed, "ebin");
    const source = join(home, "mod_mayfly_guard.erl");
    mkdirSync(ebin, { recursive: true });
    cpSync(join(guard, "mod_mayfly_guard.spec"), join(installed, "mod_mayfly_guard.spec"));
    writeFileSync(source, change(readFileSync(join(guard, "src/mod_mayfly_guard.erl"), "utf8")));
    const compile = ["erlc", "-Werror", "-o", ebin, source] as [string, ...string[]];
    const [command, ...args] = withProgramsOf(ejabberdRoot, compile);
    execFileSync(command, args, { env: { PATH: "/usr/bin:/bin" } });
  };
}

import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compiledOnce } from "./mod-mayfly.ts";

const guard = fileURLToPath(new URL("../../../ejabberd/mod_mayfly_guard", import.meta.url));

/** Puts the guard where ejabberd's own installer compiles it from. */
export function offerGuard(home: string): void {
  cpSync(guard, join(home, ".ejabberd-modules/sources/mod_mayfly_guard"), { recursive: true });
}

/** Installs the guard by hand, as its README says, with this done to its source before. */
export function installGuard(change?: (source: string) => string): (home: string) => void {
  return installModule("mod_mayfly_guard", change);
}

/** Installs a module of one file by hand, in the same way. */
export function installModule(
  name: "mod_mayfly_guard" | "mod_mayfly_guests",
  change: (source: string) => string = (source) => source,
): (home: string) => void {
  return (home) => {
    const installed = join(home, ".ejabberd-modules", name);
    const source = join(home, `${name}.erl`);
    const module = join(guard, "..", name);
    mkdirSync(installed, { recursive: true });
    cpSync(join(module, `${name}.spec`), join(installed, `${name}.spec`));
    writeFileSync(source, change(readFileSync(join(module, `src/${name}.erl`), "utf8")));
    cpSync(compiledOnce(name, [source]), join(installed, "ebin"), { recursive: true });
  };
}

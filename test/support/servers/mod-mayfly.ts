import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ejabberdRoot, withProgramsOf } from "../machine/newer-debian.ts";

/** Not in the folder for temporary files: a demo leaves nothing there. */
const cache = fileURLToPath(new URL("../../../node_modules/.cache", import.meta.url));
const package_ = fileURLToPath(new URL("../../../ejabberd/mod_mayfly", import.meta.url));

/** Compiles mod_mayfly as its README says, into a folder: for the Erlang of the ejabberd that is tested. */
export function compileModMayfly(ebin: string): void {
  const sources = join(package_, "src");
  compile(
    readdirSync(sources).map((name) => join(sources, name)),
    ebin,
  );
}

/** Installs mod_mayfly in the home of an ejabberd; it is compiled once for all tests, until it changes. */
export function installModMayfly(home: string): void {
  const installed = join(home, ".ejabberd-modules/mod_mayfly");
  const sources = join(package_, "src");
  const files = readdirSync(sources).map((name) => join(sources, name));
  cpSync(compiledOnce("mod_mayfly", files), join(installed, "ebin"), { recursive: true });
  cpSync(join(package_, "mod_mayfly.spec"), join(installed, "mod_mayfly.spec"));
}

/** Where modules are compiled, for these sources and this Erlang: once for all tests. */
export function compiledOnce(name: string, sources: string[]): string {
  const hash = createHash("sha256").update(ejabberdRoot);
  for (const source of [...sources].sort()) hash.update(readFileSync(source));
  const ebin = join(cache, `${name}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(ebin)) return ebin;
  mkdirSync(cache, { recursive: true });
  const making = mkdtempSync(`${ebin}-`);
  compile(sources, making);
  try {
    renameSync(making, ebin);
  } catch {
    rmSync(making, { recursive: true }); // another has been quicker
  }
  return ebin;
}

function compile(sources: string[], ebin: string): void {
  mkdirSync(ebin, { recursive: true });
  const words: [string, ...string[]] = ["erlc", "-Werror", "-o", ebin, ...sources];
  const [command, ...args] = withProgramsOf(ejabberdRoot, words);
  execFileSync(command, args, { env: { PATH: "/usr/bin:/bin" } });
}

/** Puts its sources where ejabberd's own installer compiles them from. */
export function offerModMayfly(home: string): void {
  cpSync(package_, join(home, ".ejabberd-modules/sources/mod_mayfly"), { recursive: true });
}

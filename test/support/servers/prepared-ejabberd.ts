import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ejabberdRoot } from "../machine/newer-debian.ts";

/** Where Debian has ejabberd and what it stands on. */
export const erlangLibraries: string = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/`;

/** The module that writes the boot script. */
export const bootScriptSource: string = fileURLToPath(
  new URL("ejabberd-modules/mod_boot_script.erl", import.meta.url),
);

/** Not in the folder for temporary files: a demo leaves nothing there. */
const cache = fileURLToPath(new URL("../../../node_modules/.cache", import.meta.url));

/** What makes the start of an ejabberd cheap, left by one that has been started in full. */
export interface PreparedEjabberd {
  /** Loads at once what ejabberd needs. Without the name's end, as Erlang wants it. */
  bootScript: string;
  /** The few of {@link erlangLibraries} that are Erlang's: it looks into each. */
  libraries: string;
  /** Tables with nothing in them, and ejabberd's cache of its translations. */
  spool: string;
}

/** What is in such a folder. */
export function preparedIn(folder: string): PreparedEjabberd {
  return {
    bootScript: join(folder, "ejabberd"),
    libraries: join(folder, "libraries"),
    spool: join(folder, "spool"),
  };
}

/** The folders of {@link erlangLibraries} that have modules of Erlang in them. */
export function librariesOfErlang(): string[] {
  const libraries = join(ejabberdRoot, erlangLibraries);
  return readdirSync(libraries).filter((name) => existsSync(join(libraries, name, "ebin")));
}

/** Where it is prepared for the ejabberd that is tested; each upgrade of it gives another folder. */
export function preparedFolder(): string {
  const hash = createHash("sha256").update(readFileSync(bootScriptSource));
  const written = ["usr/lib/erlang/bin/start_clean.boot", "usr/sbin/ejabberdctl"];
  for (const name of written) {
    const path = join(ejabberdRoot, name);
    hash.update(`${path} ${statSync(path).mtimeMs} ${statSync(path).ctimeMs}\n`);
  }
  return join(cache, `ejabberd-${hash.digest("hex").slice(0, 16)}`);
}

let found: PreparedEjabberd | undefined;

/** What is prepared; without it an ejabberd starts all the same, in three times the time. */
export function preparedEjabberd(): PreparedEjabberd | undefined {
  if (!found && existsSync(preparedFolder())) found = preparedIn(preparedFolder());
  return found;
}

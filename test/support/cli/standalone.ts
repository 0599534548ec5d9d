import { copyFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../../../dist/mayfly-extauth.mjs", import.meta.url));

/** Puts the single file, as it was built, into a folder from which no package is found. */
export function copySingle(folder: string): string {
  const file = join(folder, "mayfly-extauth.mjs");
  copyFileSync(built, file);
  if (finds(file, "yaml")) throw new Error(`there is a node_modules above ${folder}`);
  return file;
}

function finds(from: string, name: string): boolean {
  try {
    createRequire(from).resolve(name);
    return true;
  } catch {
    return false;
  }
}

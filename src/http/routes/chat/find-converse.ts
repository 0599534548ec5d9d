import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { MayflyError } from "../../../error.ts";

/** The file of Converse that the page loads. */
const script = "converse.min.js";

/**
 * Finds the folder of Converse's distribution: the given one, or that of the npm package `converse.js`, if it
 * is installed beside Mayfly.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` with what to do where it is missing
 */
export function findConverse(folder?: string): string {
  if (folder !== undefined) {
    if (existsSync(join(folder, script))) return folder;
    throw new MayflyError("ERR_CONFIG", `http.chat.converse: ${folder} has no ${script}`);
  }
  try {
    return dirname(createRequire(import.meta.url).resolve(`converse.js/dist/${script}`));
  } catch {
    const fix = "npm install -g converse.js@14, or name its folder with http.chat.converse";
    throw new MayflyError("ERR_CONFIG", `Converse, which --chat serves, is not installed: ${fix}`);
  }
}

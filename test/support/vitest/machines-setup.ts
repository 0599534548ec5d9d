import { isRoot } from "../machine/debian.ts";
import { buildRoot, stockRoots } from "../machine/newer-debian.ts";
import { install } from "./global-setup.ts";

/** Installs what the tests on whole machines need, and builds Debian 12 and 13 for them. */
export default async function setup(): Promise<void> {
  await install("machines");
  if (!isRoot) return;
  for (const root of Object.values(stockRoots)) {
    if (!buildRoot(root) && process.env.CI) throw new Error(`${root} could not be built, in CI`);
  }
}

import { MayflyError } from "../error.ts";
import type { Store } from "../store/index.ts";

/** Stands in for the stores in the single file: what they need is more than a file. */
export async function openStore(): Promise<Store> {
  const fix = "run mayfly extauth, or leave store: out";
  throw new MayflyError("ERR_CONFIG", `store: mayfly-extauth.mjs alone keeps no state; ${fix}`);
}

import type { Store } from "../../../src/store/index.ts";

/** The stores as they were built from this checkout: LMDB's process starts sooner without tsx. */
export const built: string = new URL("../../../dist/store/index.js", import.meta.url).href;

/** `openStore` of what was built. */
export async function openBuilt(url: string): Promise<Store> {
  return (await import(built)).openStore(url);
}

import { MayflyError } from "../error.ts";
import type { Store } from "../store/index.ts";

/** Replaces `store/open.ts` in the standalone file, which cannot contain the stores' native modules. */
export async function openStore(): Promise<Store> {
  const fix = "run mayfly extauth, or leave store: out";
  throw new MayflyError(
    "ERR_CONFIG",
    `store: the standalone mayfly-extauth.mjs has no store; ${fix}`,
  );
}
